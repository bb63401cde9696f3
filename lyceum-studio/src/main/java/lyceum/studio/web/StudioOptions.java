package lyceum.studio.web;

import java.nio.file.Path;

/**
 * How the studio is started.
 *
 * @param host    address to listen on; a loopback address unless the user asked for another
 * @param port    port, or 0 for any free one
 * @param store   folder that keeps runs
 * @param apiDocs folder of the aggregated Javadoc; served where it is there
 * @param workers whether labs run in JVMs of their own, as they do for users; tests may run them in this one
 * @param featured whether labs for the first page run by themselves while there is no figure to show
 * @param talk    a language model that is served beside it, or null
 */
public record StudioOptions(String host, int port, Path store, Path apiDocs, boolean workers, boolean featured, Talk talk) {

    /** A model whose pages, a conversation beside its tokens and the engine as it works, are at an address. @param address such as {@code http://127.0.0.1:8000} */
    public record Talk(String name, String address) {}

    /** No model is served. */
    public StudioOptions(String host, int port, Path store, Path apiDocs, boolean workers, boolean featured) {
        this(host, port, store, apiDocs, workers, featured, null);
    }

    /** Loopback, port 8080, labs in JVMs of their own. */
    public static StudioOptions of(Path store, Path apiDocs) { return new StudioOptions("127.0.0.1", 8080, store, apiDocs, true, true); }

    /** On another port; 0 is any free one. */
    public StudioOptions withPort(int port) { return new StudioOptions(host, port, store, apiDocs, workers, featured, talk); }

    /** On another address. */
    public StudioOptions withHost(String host) { return new StudioOptions(host, port, store, apiDocs, workers, featured, talk); }

    /** With a language model beside it. */
    public StudioOptions withTalk(Talk talk) { return new StudioOptions(host, port, store, apiDocs, workers, featured, talk); }
}
