# One image for the web server (as it starts) and the job worker (command: flask --app app jobs run).
# Nothing secret goes in: settings come from the environment, data lives in the volume /data.

FROM python:3.11-slim-bookworm AS builder
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/venv
WORKDIR /app
COPY requirements.txt ./
RUN /opt/venv/bin/python -m pip install --require-hashes --only-binary :all: -r requirements.txt
COPY . ./
RUN /opt/venv/bin/python -m compileall -q -j 0 .

FROM python:3.11-slim-bookworm
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    OPENBLAS_NUM_THREADS=1 \
    CAPMATCH_ENV=production \
    CAPMATCH_DATA=/data \
    HOME=/tmp \
    PORT=8000
RUN install -d -o 10001 -g 10001 -m 0750 /data
WORKDIR /app
COPY --from=builder /opt/venv /opt/venv
COPY --from=builder /app /app
USER 10001:10001
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "manage.py", "health"]
CMD ["gunicorn", "--config", "gunicorn.conf.py", "app:create_app()"]
