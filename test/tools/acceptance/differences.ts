const SECRET =
  'it chooses the secret of an application credential, which here is an API key that the gateway makes';
const EC2 = 'Keystone refuses EC2 credentials to application credentials, which keys carry';
const SYSTEM = 'it signs in to the system scope, which no application credential has';

/** Tests that pass directly and fail through the gateway, with the reason. At most ten. */
export const DIFFERENCES: Readonly<Record<string, string>> = {
  TestAccIdentityV3ApplicationCredential_basic: SECRET,
  TestAccIdentityV3ApplicationCredential_importCustomSecret: SECRET,
  TestApplicationCredentialsCRD: SECRET,
  TestApplicationCredentialsAccessRules:
    'it deletes an access rule after the credential; here a rule ends with the last key that has it',
  TestAccIdentityV3Ec2Credential_basic: EC2,
  TestAccIdentityV3Ec2Credential_importBasic: EC2,
  TestLimitsCRUD: SYSTEM,
  TestRegisteredLimitsCRUD: SYSTEM,
  TestOAuth1CRUD: 'it takes a token of the cloud’s own from Keystone, which would go around the gateway',
  TestTrustCRUD: 'Keystone lets no application credential make trusts',
};
