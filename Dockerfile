# OC Pizza elsewhere than on Heroku: one static binary, no shell, no root.
#
#   docker build -t ocpizza .
#   docker run -p 8080:8080 -v ocpizza:/data ocpizza                     the demo, with its embedded database
#   docker run -p 8080:8080 -e DATABASE_URL=mysql://… -e OCPIZZA_SECRET=… -e OCPIZZA_ORIGIN=https://… ocpizza
#   docker run … ocpizza migrate                                          before each new version
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
ENV OCPIZZA_SQLITE=/data/ocpizza.db GOMEMLIMIT=400MiB
VOLUME /data
EXPOSE 8080
USER 65532:65532
STOPSIGNAL SIGTERM
ENTRYPOINT ["/ocpizza"]
CMD ["serve"]
