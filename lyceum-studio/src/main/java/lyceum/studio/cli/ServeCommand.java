package lyceum.studio.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import lyceum.DType;
import lyceum.llm.DecoderLM;
import lyceum.llm.chat.LoadedModel;
import lyceum.llm.checkpoint.TuningFolder;
import lyceum.serve.Drafter;
import lyceum.serve.Engine;
import lyceum.serve.EngineOptions;
import lyceum.serve.http.InferenceServer;
import lyceum.serve.http.ServedModel;
import lyceum.serve.http.ServerOptions;
import lyceum.serve.speculate.LookaheadDrafter;
import lyceum.serve.speculate.ModelDrafter;
import lyceum.train.peft.AdapterRegistry;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code lyceum serve}: a model behind an OpenAI-compatible API. */
@Command(name = "serve", description = "Serve a language model over HTTP with an OpenAI-compatible API.",
        footer = {"", "Examples:", "  lyceum serve letters-q4.gguf --port 8000 --draft ngram",
                "  lyceum serve letters.model --lora polite=tunings/polite --draft letters-small.gguf",
                "  curl http://127.0.0.1:8000/v1/completions -d '{\"prompt\": \"Dear\", \"max_tokens\": 20}'"})
final class ServeCommand implements Callable<Integer> {
    private static final int BLOCK = 16;
    /** A draft's keys and values lie in arrays that double as they grow. */
    private static final long DRAFT_RESERVE = 2;

    @ParentCommand private LyceumCommand lyceum;

    @Spec private CommandSpec spec;

    @Parameters(paramLabel = "MODEL", description = "A folder of safetensors, or a .gguf file.")
    private Path path;

    @Option(names = "--name", paramLabel = "NAME",
            description = "The model's name for clients; the file's name by default.")
    private String name;

    @Option(names = "--host", paramLabel = "ADDRESS", defaultValue = "127.0.0.1",
            description = "The address to listen on; a key is required beyond this machine.")
    private String host;

    @Option(names = "--port", paramLabel = "N", defaultValue = "8000", description = "8000 by default.") private int port;

    @Option(names = "--api-key-file", paramLabel = "FILE",
            description = "A file that holds the key clients must send.")
    private Path keyFile;

    @Option(names = "--memory", paramLabel = "SIZE", defaultValue = "1g",
            description = "For keys and values, such as 512m or 8g; 1g by default.")
    private String memory;

    @Option(names = "--kv", paramLabel = "TYPE", defaultValue = "f32",
            description = "How keys and values are kept: f32 (the default), bf16, f16 or q8.")
    private String kv;

    @Option(names = "--draft", paramLabel = "WHO",
            description = "What drafts tokens for the model to verify: a smaller MODEL with the same tokenizer, ngram (what the text repeats) or "
                    + "lookahead (the model's own guesses for places ahead). The output stays the same.")
    private String draft;

    @Option(names = "--guess", paramLabel = "N", defaultValue = "-1",
            description = "The most tokens to guess; 4 by default with --draft, else none.") private int guesses;

    @Option(names = "--lora", paramLabel = "NAME=DIR",
            description = "A LoRA of the model; requests select it by naming it as their model. May be repeated.")
    private Map<String, Path> tunings = Map
                    .of();

    @Option(names = "--embed", description = "Also serve /v1/embeddings and /v1/rerank, by all-MiniLM-L6-v2.") private boolean embed;

    @Override public Integer call() throws IOException {
        var local = LoadedModel.ready(path);
        var stored = stored();
        int most = guesses < 0 ? draft == null ? 0 : 4 : guesses;
        var draftModel = most > 0 && draft != null && !draft.equals("ngram") && !draft.equals("lookahead")
                ? LoadedModel.ready(Path.of(draft)) : null;
        var options = new EngineOptions().withStored(stored).withGuesses(most).withBlocks(blocks(local.model(), stored, draftModel))
                .withBlockSize(BLOCK);
        var key = keyFile == null ? null : Files.readString(FitCommand.existing(keyFile)).strip();
        var server = new ServerOptions().withHostAndKey(host, key).withPort(port);
        var called = name == null ? name(path) : name;
        var drafter = most == 0 ? Drafter.NONE : drafter(local, draftModel, stored);
        var served = ServedModel.of(called, local, new Engine(local.model(), local.tokenizer(), options, adapters(local, called), drafter));
        if (embed) served = served.withEncoder(EmbedCommand.encoder(null));
        var out = lyceum.terminal().out();
        try (var running = InferenceServer.start(served, server)) {
            out.printf("%s at http://%s:%d/v1: %,d parameters, a context of %,d, room for %,d positions%n", served.name(), host,
                    running.port(), local.model().config().parameterCount(), local.model().contextLength(),
                    (long) options.blocks() * BLOCK);
            out.flush();
            running.awaitStop();
        }
        return LyceumCommand.DONE;
    }

    /** A model's name: its file's. */
    static String name(Path path) { return path.toAbsolutePath().normalize().getFileName().toString().replaceFirst("\\.gguf$", ""); }

    /** So many as fit into bytes, sixty-four whole contexts at most; 0 if not even one does. */
    static int blocks(DecoderLM model, long bytes, DType stored) { return blocks(model, bytes, positionBytes(model, stored)); }

    private static int blocks(DecoderLM model, long bytes, long positionBytes) {
        long one = (model.contextLength() + BLOCK - 1) / BLOCK;
        return (int) Math.min(bytes / (positionBytes * BLOCK), Math.max(one * 64, 64));
    }

    private Drafter drafter(LoadedModel local, LoadedModel draftModel, DType stored) {
        if (draftModel == null) return "lookahead".equals(draft) ? new LookaheadDrafter(3) : Drafter.repeating(3);
        long own = positionBytes(draftModel.model(), DType.F32), together = positionBytes(local.model(), stored) + DRAFT_RESERVE * own;
        return ModelDrafter.of(draftModel, local).withMemory(Math.max(1, (long) ((double) bytes() * own / together)));
    }

    private AdapterRegistry adapters(LoadedModel local, String called) throws IOException {
        if (tunings.isEmpty()) return null;
        var registry = new AdapterRegistry(local.model());
        for (var tuning : tunings.entrySet()) {
            if (tuning.getKey().equals(called)) throw new ParameterException(spec.commandLine(),
                    "--lora " + called + " is the name of the model itself; rename one of them");
            registry.add(TuningFolder.load(local.model(), tuning.getValue(), tuning.getKey()));
        }
        return registry;
    }

    private DType stored() {
        return switch (kv) {
            case "f32" -> DType.F32;
            case "bf16" -> DType.BF16;
            case "f16" -> DType.F16;
            case "q8" -> DType.I8;
            default -> throw new ParameterException(spec.commandLine(), "--kv is " + kv + "; it is f32, bf16, f16 or q8");
        };
    }

    private long bytes() {
        var text = memory.toLowerCase(Locale.ROOT);
        if (!text.matches("[1-9]\\d{0,6}[kmg]"))
            throw new ParameterException(spec.commandLine(), "--memory is " + memory + "; it is a number with k, m or g, such as 8g");
        return Long.parseLong(text.substring(0, text.length() - 1)) << switch (text.charAt(text.length() - 1)) {
            case 'k' -> 10;
            case 'm' -> 20;
            default -> 30;
        };
    }

    private static long positionBytes(DecoderLM model, DType stored) {
        long position = 0;
        for (var block : model.config().blocks())
            position += 2L * block.attention().keyHeads() * block.attention().headWidth() * stored.bytes();
        return position;
    }

    /** As many as the memory holds beside the draft's own keys and values. */
    private int blocks(DecoderLM model, DType stored, LoadedModel draftModel) {
        long position = positionBytes(model, stored)
                + (draftModel == null ? 0 : DRAFT_RESERVE * positionBytes(draftModel.model(), DType.F32));
        int blocks = blocks(model, bytes(), position);
        if (blocks < 1) throw new ParameterException(spec.commandLine(),
                "--memory is " + memory + "; one block of " + BLOCK + " positions takes " + position * BLOCK + " bytes");
        return blocks;
    }
}
