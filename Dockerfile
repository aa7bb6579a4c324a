# The adapter: a virtual environment from pinned dependencies, on a slim base, run by a user who owns nothing.
#     docker build --build-arg GIT_REVISION=$(git rev-parse --short HEAD) -t visits-adapter .
FROM python:3.12-slim AS build
WORKDIR /src
COPY pyproject.toml requirements.lock README.md LICENSE ./
COPY deploy/build.sh deploy/build.sh
COPY adapter adapter
COPY booking_rules booking_rules
COPY nomis_client nomis_client
COPY notifier notifier
RUN sh deploy/build.sh /opt/visits-adapter

FROM python:3.12-slim
ARG GIT_REVISION=""
ENV GIT_REVISION=${GIT_REVISION} \
    PATH=/opt/visits-adapter/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
COPY --from=build /opt/visits-adapter /opt/visits-adapter
COPY config.toml /etc/visits-adapter/config.toml
COPY deploy/healthcheck.py /opt/visits-adapter/healthcheck.py
# The only place that is written, and that only with SQLite: everything else may be mounted read-only.
WORKDIR /var/lib/visits-adapter
RUN mkdir var && chown 10001:10001 var
USER 10001:10001
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s CMD ["python", "/opt/visits-adapter/healthcheck.py"]
ENTRYPOINT ["visits-adapter"]
CMD ["serve", "--config", "/etc/visits-adapter/config.toml", "--config", "/etc/visits-adapter/production.toml"]
