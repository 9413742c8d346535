# One image for web, worker and beat: docker-compose.yml says which is which.
FROM python:3.11-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1
COPY requirements.txt /tmp/requirements.txt
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir --require-hashes -r /tmp/requirements.txt

FROM python:3.11-slim
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    LEDGERSAFE_DATA_DIR=/tmp/ledgersafe ENVIRONMENT=production LOG_FORMAT=json
RUN useradd --system --uid 10001 --no-create-home ledgersafe \
    && install -d -o ledgersafe /var/lib/ledgersafe
COPY --from=build /venv /venv
WORKDIR /app
COPY manage.py ./
COPY deploy/gunicorn.py deploy/gunicorn.py
COPY templates templates
COPY ledgersafe ledgersafe
COPY ledger ledger
COPY exceptions exceptions
COPY pos pos
COPY recon recon
USER ledgersafe
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/ready', timeout=4)"]
CMD ["python", "manage.py", "serve", "--host", "0.0.0.0", "--port", "8000"]
