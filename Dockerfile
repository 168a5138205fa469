# OC Pizza elsewhere than on Heroku: one static binary, no shell, no root.
#
#   docker build -t ocpizza .
#   docker run -p 8080:8080 -v ocpizza:/data ocpizza                     the demo, with its embedded database
#   docker run -p 8080:8080 -e DATABASE_URL=mysql://… -e OCPIZZA_SECRET=… -e OCPIZZA_ORIGIN=https://… ocpizza
#   docker run … ocpizza migrate                                          before each new version
#
# What is written goes to /data, which is also where commands run: the embedded database, its secret, and /data/sauvegardes, where « backup »
# puts backups unless told otherwise. Without a volume it goes with the container. Keep it in a named one (-v ocpizza:/data, as above), or in
# a folder that the account 65532 may write (-v /srv/ocpizza:/data after chown 65532 /srv/ocpizza). A backup belongs on another machine:
#
#   docker run --rm -v ocpizza:/data ocpizza backup --to - > ocpizza.sql.gz
#   docker run --rm -i -v ocpizza:/data ocpizza restore - --replace < ocpizza.sql.gz
#
# There is no HEALTHCHECK, for there is no shell to ask with: the platform asks /healthz (alive) and /readyz (send customers here).
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags=-s -o /out/ocpizza ./cmd/ocpizza && mkdir /out/data

FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /out/ocpizza /ocpizza
COPY --from=build --chown=65532:65532 /out/data /data
ENV OCPIZZA_SQLITE=/data/ocpizza.db
WORKDIR /data
VOLUME /data
EXPOSE 8080
USER 65532:65532
STOPSIGNAL SIGTERM
ENTRYPOINT ["/ocpizza"]
CMD ["serve"]
