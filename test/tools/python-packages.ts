/** Packages of PyPI by the name of their virtual environment. */
export const PYTHON_PACKAGES = {
  openstackclient: [
    'python-openstackclient==10.5.0',
    'openstacksdk==4.22.0',
    'python-novaclient==18.13.1',
    'python-heatclient==5.3.0',
    'python-barbicanclient==7.6.0',
    'python-octaviaclient==3.15.0',
    'python-designateclient==7.0.0',
    'python-swiftclient==4.11.0',
    'osc-placement==4.9.1',
  ],
  libcloud: ['apache-libcloud==3.9.1'],
  /** The first one whose documented sign-in is the present one. */
  'libcloud-oldest': ['apache-libcloud==3.6.1'],
} as const;
