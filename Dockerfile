# The gateway as it runs from a checkout: no build step. docs/deployment.md says how to run several.
FROM node:24-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=8787
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev && npm cache clean --force
COPY src ./src
COPY adapters ./adapters
# Where keys and secret are kept unless DATABASE_URL and LINGUANOVA_SECRET say otherwise.
RUN install --directory --owner=node --group=node .linguanova
USER node
EXPOSE 8787
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/healthz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "adapters/node/main.ts", "serve"]
