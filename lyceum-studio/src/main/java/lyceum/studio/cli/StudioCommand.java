package lyceum.studio.cli;

import java.io.IOException;
import java.lang.ref.Reference;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import lyceum.DType;
import lyceum.llm.chat.LoadedModel;
import lyceum.serve.EngineOptions;
import lyceum.serve.http.InferenceServer;
import lyceum.serve.http.ServedModel;
import lyceum.serve.http.ServerOptions;
import lyceum.studio.cli.Terminal.Style;
import lyceum.studio.web.PortInUseException;
import lyceum.studio.web.Studio;
import lyceum.studio.web.StudioOptions;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** {@code lyceum studio}: the encyclopedia in the browser. */
@Command(name = "studio", description = "Open the encyclopedia in the browser.",
        footer = {"", "Examples:", "  lyceum studio --port 9000", "  lyceum studio --model letters-q4.gguf"})
final class StudioCommand implements Callable<Integer> {

    @ParentCommand private LyceumCommand lyceum;

    @Option(names = "--port", paramLabel = "PORT", description = "8080 by default; 0 picks a free one.") private int port = 8080;

    @Option(names = "--host", paramLabel = "HOST",
            description = "127.0.0.1 by default, which only this machine can reach.")
    private String host = "127.0.0.1";

    @Option(names = "--model", paramLabel = "MODEL",
            description = "Also serve a language model, a .gguf file or a folder, for this machine alone: /chat shows a conversation beside its tokens, /engine what it does.")
    private Path model;

    @Option(names = "--no-browser", description = "Do not open a browser.") private boolean noBrowser;

    @Option(names = "--rehearse", hidden = true, description = "Answer a few questions of its own and end.") private boolean rehearse;

    StudioCommand() {}

    StudioCommand(LyceumCommand lyceum) { this.lyceum = lyceum; }

    /** Serves until the process is told to end. */
    @Override public Integer call() throws InterruptedException, IOException {
        var terminal = lyceum.terminal();
        if (port < 0 || port > 65_535) {
            terminal.err().println("--port is " + port + "; it lies between 0 and 65535");
            return LyceumCommand.USAGE;
        }
        var log = ProgramLog.start();
        if (rehearse) return Rehearsal.run(lyceum.encyclopedia());
        var options = StudioOptions.of(runsFolder(), apiDocs()).withHost(host).withPort(port);
        InferenceServer served = null;
        Studio studio;
        try {
            if (model != null) {
                Studio.requireFree(options); // a model may take a minute to load
                served = serve();
            }
            studio = Studio.start(served == null ? options
                    : options.withTalk(new StudioOptions.Talk(served.served().name(), "http://127.0.0.1:" + served.port())));
        } catch (RuntimeException e) {
            if (served != null) served.close();
            if (!(e instanceof PortInUseException)) throw e;
            terminal.err().println("Port " + port + " is taken. Try another: lyceum studio --port " + (port < 65_535 ? port + 1 : 0));
            return LyceumCommand.FAILED;
        }
        Runtime.getRuntime().addShutdownHook(new Thread(studio::stop, "studio-stop"));
        String address = address(host, studio.port());
        terminal.out().println("Lyceum is at " + terminal.styled(Style.ACCENT, address) + "   (Ctrl-C stops it)");
        if (served != null) {
            Runtime.getRuntime().addShutdownHook(new Thread(served::close, "model-stop"));
            terminal.out().println(served.served().name() + " is at " + terminal.styled(Style.ACCENT, address + "/chat"));
        }
        if (!noBrowser && terminal.live()) {
            openBrowser(address);
        }
        new CountDownLatch(1).await();
        Reference.reachabilityFence(log);
        return LyceumCommand.DONE;
    }

    /** What opens the studio in a browser on this machine: one that listens on every address is reached by the machine's own. */
    static String address(String host, int port) {
        var name = switch (host) {
            case "0.0.0.0" -> "127.0.0.1";
            case "::", "[::]" -> "[::1]";
            default -> host.contains(":") && !host.startsWith("[") ? "[" + host + "]" : host;
        };
        return "http://" + name + ":" + port;
    }

    /** The model on a port of its own, with room for keys and values of a gigabyte. */
    private InferenceServer serve() throws IOException {
        var local = LoadedModel.ready(model);
        var options = new EngineOptions().withBlocks(ServeCommand.blocks(local.model(), 1L << 30, DType.F32));
        return InferenceServer.start(ServedModel.of(ServeCommand.name(model), local, options), new ServerOptions().withPort(0));
    }

    /** Where runs are kept: in {@code $LYCEUM_HOME}, else in the user's home. */
    static Path runsFolder() {
        String home = System.getenv("LYCEUM_HOME");
        return (home == null || home.isBlank() ? Path.of(System.getProperty("user.home"), ".lyceum") : Path.of(home)).resolve("runs");
    }

    /** Where {@code ./lyceum javadoc} writes. */
    private static Path apiDocs() { return Path.of(System.getProperty("lyceum.root", ".")).resolve("target/site/apidocs"); }

    /** Opens it where there is a desktop; a browser that does not open is no error, the address is printed. */
    private static void openBrowser(String address) {
        var opener = opener(System.getProperty("os.name"), System.getenv());
        if (!opener.isEmpty()) {
            try {
                new ProcessBuilder(opener.getFirst(), address).redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start();
            } catch (IOException e) {
                System.getLogger("lyceum.studio").log(System.Logger.Level.DEBUG, "no browser opened", e);
            }
        }
    }

    /** The program that opens an address; none without a desktop. */
    static List<String> opener(String system, Map<String, String> env) {
        if (system.toLowerCase(Locale.ROOT).startsWith("mac")) return List.of("open");
        boolean desktop = !env.getOrDefault("DISPLAY", "").isEmpty() || !env.getOrDefault("WAYLAND_DISPLAY", "").isEmpty();
        return desktop ? List.of("xdg-open") : List.of();
    }
}
