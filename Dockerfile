# Storymill for a PostgreSQL elsewhere: it wants DATABASE_URL. compose.yaml and docs/operations.md show how it is run.

FROM node:24-slim AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# The optional packages are the programs of the embedded PostgreSQL, and with dev alone npm would keep the prisma command.
# Then goes what nobody reads at run time: types, source maps, and Prisma's compilers for other databases.
RUN npm ci --omit=dev --omit=optional --ignore-scripts \
  && find node_modules -type f \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' \) -delete \
  && find node_modules/@prisma/client/runtime -type f -name '*query_compiler*' ! -name '*.postgresql.*' -delete

FROM node:24-slim
# A container's loopback is reached by nobody else. Whether everybody who reaches the port may use Storymill is for those
# to say who run it: it does not start without ACCESS=open.
ENV NODE_ENV=production HOST=0.0.0.0 PORT=4000
WORKDIR /app
COPY --from=packages /app/node_modules node_modules
COPY package.json ./
COPY prisma prisma
COPY src src
USER node
EXPOSE 4000
STOPSIGNAL SIGTERM
# Whether it is alive, not whether its database is: a restart mends only the former.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.PORT + '/healthz').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "src/main.ts"]
