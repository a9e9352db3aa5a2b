# The gateway and the worker, a target each, without torch. From the project's root:
#   docker build -f deploy/images/services.Dockerfile --target gateway -t wegen-gateway .
#   docker build -f deploy/images/services.Dockerfile --target worker -t wegen-worker .

FROM python:3.11.15-slim-bookworm@sha256:b18992999dbe963a45a8a4da40ac2b1975be1a776d939d098c647482bcad5cba AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_ROOT_USER_ACTION=ignore
WORKDIR /build
COPY constraints.txt deploy/images/gateway.txt deploy/images/worker.txt ./
RUN pip install --only-binary=:all: --target=/gateway -c constraints.txt -r gateway.txt \
    && pip install --only-binary=:all: --target=/worker -c constraints.txt -r worker.txt \
    && rm -rf /gateway/bin /worker/bin
COPY services /code/services
COPY deploy/__init__.py deploy/healthprobe.py /code/deploy/
# Nothing can be compiled later: the root file system may be read-only.
RUN python -m compileall -q --invalidation-mode unchecked-hash /code

FROM python:3.11.15-slim-bookworm@sha256:b18992999dbe963a45a8a4da40ac2b1975be1a776d939d098c647482bcad5cba AS base
RUN pip uninstall --yes pip setuptools wheel \
    && groupadd --gid 10001 wegen \
    && useradd --uid 10001 --gid wegen --no-log-init --no-create-home --shell /usr/sbin/nologin wegen \
    && install --directory --owner=wegen --group=wegen /var/lib/wegen
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="wegen-services" \
      org.opencontainers.image.description="WeGen Serve: what gateway and worker share" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION" \
      org.opencontainers.image.base.name="python:3.11.15-slim-bookworm" \
      org.opencontainers.image.base.digest="sha256:b18992999dbe963a45a8a4da40ac2b1975be1a776d939d098c647482bcad5cba"
ENV PYTHONPATH=/opt/wegen/packages:/opt/wegen \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
COPY --from=build /code /opt/wegen
WORKDIR /var/lib/wegen
USER 10001:10001

FROM base AS gateway
LABEL org.opencontainers.image.title="wegen-gateway" \
      org.opencontainers.image.description="WeGen Serve: chats over gRPC"
COPY --from=build /gateway /opt/wegen/packages
ENV WEGEN_GATEWAY_ADDRESS=0.0.0.0:50051 \
    WEGEN_GATEWAY_METRICS_ADDRESS=0.0.0.0 \
    WEGEN_MODEL_REPOSITORY=/models
EXPOSE 50051 9101
HEALTHCHECK --interval=10s --timeout=8s --start-period=30s \
    CMD ["python", "-m", "deploy.healthprobe", "grpc://127.0.0.1:50051"]
ENTRYPOINT ["python", "-m", "services.gateway"]

FROM base AS worker
LABEL org.opencontainers.image.title="wegen-worker" \
      org.opencontainers.image.description="WeGen Serve: makes pictures"
COPY --from=build /worker /opt/wegen/packages
ENV WEGEN_WORKER_METRICS_ADDRESS=0.0.0.0
EXPOSE 9102
HEALTHCHECK --interval=10s --timeout=8s --start-period=30s \
    CMD ["python", "-m", "deploy.healthprobe", "http://127.0.0.1:9102/metrics"]
ENTRYPOINT ["python", "-m", "services.worker"]
