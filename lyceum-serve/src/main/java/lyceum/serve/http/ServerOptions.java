package lyceum.serve.http;

import java.time.Duration;
import java.util.Objects;
import lyceum.withers.Withers;

/**
 * How an {@link InferenceServer} answers.
 *
 * @param host address to listen on; beyond this machine only with a key
 * @param port 0 for any that is free
 * @param apiKey what clients send as {@code Authorization: Bearer}, or null if nobody has to
 * @param mostBytes of a request's body
 * @param mostTokens of an answer for which a request says nothing
 * @param silence after which a stream says that it lives
 */
@Withers
public record ServerOptions(String host, int port, String apiKey, int mostBytes, int mostTokens, Duration silence)
        implements ServerOptionsWithers {
    public ServerOptions {
        Objects.requireNonNull(host, "host");
        Objects.requireNonNull(silence, "silence");
        if (port < 0 || port > 65_535 || mostBytes < 1 || mostTokens < 1)
            throw new IllegalArgumentException("ServerOptions: port " + port + ", " + mostBytes + " bytes and " + mostTokens + " tokens");
        if (apiKey != null && apiKey.isBlank()) throw new IllegalArgumentException("ServerOptions: the key is blank");
        if (apiKey == null && !isLoopback(host)) throw new IllegalArgumentException(
                "ServerOptions: " + host + " can be reached from elsewhere; that wants a key, so that not everybody may ask");
    }

    /** 127.0.0.1:8000, no key, bodies of 8 MiB, answers of 1,024 tokens, a sign of life every 15 seconds. */
    public ServerOptions() { this("127.0.0.1", 8000, null, 8 << 20, 1024, Duration.ofSeconds(15)); }

    /** Both at once, since an address beyond this machine wants a key. @param key null for none */
    public ServerOptions withHostAndKey(String address, String key) {
        return new ServerOptions(address, port, key, mostBytes, mostTokens, silence);
    }

    static boolean isLoopback(String host) {
        return host.equals("localhost") || host.equals("::1") || host.equals("[::1]") || host.matches("127(\\.\\d{1,3}){3}");
    }
}
