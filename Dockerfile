# The gateway from its package, as npm installs it. docs/deployment.md says how to run it.
# A release replaces the tag by a digest: --build-arg NODE_IMAGE=node@sha256:...
ARG NODE_IMAGE=node:24.21.0-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY tsconfig.json README.md LICENSE ./
COPY build ./build
COPY src ./src
COPY adapters ./adapters
RUN npm run build
# By the package's lock file, which npm heeds here but not for a tarball.
RUN mv dist/linguanova /opt/linguanova
RUN npm ci --prefix /opt/linguanova --omit=dev --ignore-scripts

FROM ${NODE_IMAGE}
ARG VERSION=unreleased
ARG REVISION=unknown
LABEL org.opencontainers.image.title="linguanova" \
  org.opencontainers.image.description="API gateway for two dialects of a cloud's compute API: redu and OpenStack" \
  org.opencontainers.image.source="https://github.com/linguanova/linguanova" \
  org.opencontainers.image.documentation="https://github.com/linguanova/linguanova/blob/main/docs/deployment.md" \
  org.opencontainers.image.licenses="MIT" \
  org.opencontainers.image.version="${VERSION}" \
  org.opencontainers.image.revision="${REVISION}"
ENV NODE_ENV=production HOST=0.0.0.0 PORT=8787
COPY --from=build /opt/linguanova /opt/linguanova
RUN ln -s /opt/linguanova/bin/linguanova.cjs /usr/local/bin/linguanova
# Everything the gateway writes: the embedded store, unless DATABASE_URL names another.
RUN install --directory --owner=1000 --group=1000 --mode=0700 /var/lib/linguanova
WORKDIR /var/lib/linguanova
VOLUME /var/lib/linguanova
# The user `node`, by number, so that Kubernetes can verify that it is not root.
USER 1000:1000
EXPOSE 8787
# Asks the address that the gateway listens on; an unspecified one is asked on the loopback.
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s CMD ["node", "-e", "\
  const { HOST, PORT } = process.env;\
  const host = { '0.0.0.0': '127.0.0.1', '::': '::1' }[HOST] ?? HOST;\
  const url = new URL('http://localhost/healthz');\
  url.hostname = host.includes(':') ? `[${host}]` : host;\
  url.port = PORT;\
  fetch(url).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1));\
"]
ENTRYPOINT ["linguanova"]
CMD ["serve"]
