FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -o /image/sluice .
# What a program needs of a system: certificates, time zones and a place for temporary files.
RUN mkdir -p /image/etc/ssl/certs && cp /etc/ssl/certs/ca-certificates.crt /image/etc/ssl/certs/ \
 && cp "$(go env GOROOT)/lib/time/zoneinfo.zip" /image/zoneinfo.zip \
 && mkdir -m 1777 /image/tmp

FROM scratch
COPY --from=build /image/ /
ENV ZONEINFO=/zoneinfo.zip
USER 65532:65532
EXPOSE 8083
ENTRYPOINT ["/sluice"]
CMD ["standalone", "/etc/sluice/worker.properties"]
