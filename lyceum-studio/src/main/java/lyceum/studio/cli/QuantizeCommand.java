package lyceum.studio.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import lyceum.autograd.Autograd;
import lyceum.backend.quant.BlockFormat;
import lyceum.format.Gguf;
import lyceum.llm.DecoderLM;
import lyceum.llm.chat.JinjaChatTemplate;
import lyceum.llm.chat.LoadedModel;
import lyceum.llm.checkpoint.GgufModel;
import lyceum.llm.checkpoint.GgufTokenizer;
import lyceum.memory.Scope;
import lyceum.nn.RotaryEmbedding;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code lyceum quantize}: a model in fewer bits. */
@Command(name = "quantize", description = "Write a language model as a GGUF file with fewer bits a weight.",
        footer = {"", "Example:", "  lyceum quantize letters.model letters-q4.gguf --type q4_k --measure new-letters/"})
final class QuantizeCommand implements Callable<Integer> {
    private static final Map<String, BlockFormat> TYPES = new TreeMap<>();

    static {
        BlockFormat.named().forEach(format -> TYPES.put(format.name().toLowerCase(Locale.ROOT), format));
    }

    @ParentCommand private LyceumCommand lyceum;

    @Spec private CommandSpec spec;

    @Parameters(index = "0", paramLabel = "IN", description = "A folder of safetensors, or a .gguf file.")
    private Path in;

    @Parameters(index = "1", paramLabel = "OUT", description = "The .gguf file to write.")
    private Path out;

    @Option(names = "--type", paramLabel = "TYPE", defaultValue = "q8_0",
            description = "q8_0 (8.5 bits a weight, the default), q6_k, q5_k, q4_k, q3_k, q2_k, q5_1, q5_0, q4_1, q4_0, iq4_nl, f16, bf16 or f32.")
    private String type;

    @Option(names = "--measure", paramLabel = "FILE",
            description = "Texts on which to tell the perplexity before and after.")
    private List<Path> measured = List.of();

    @Override public Integer call() throws IOException {
        var format = TYPES.get(type.toLowerCase(Locale.ROOT));
        if (format == null)
            throw new ParameterException(spec.commandLine(), "--type is " + type + "; it is one of " + String.join(", ", TYPES.keySet()));
        if (Files.exists(out) && Files.isSameFile(in, out))
            throw new ParameterException(spec.commandLine(), "OUT is IN; name another file");
        var local = LoadedModel.open(in);
        GgufModel.write(out, local.model(), format, settings(local));
        var terminal = lyceum.terminal();
        var written = LoadedModel.open(out);
        long before = bytes(in);
        terminal.out().printf("%s: %,d bytes, %,d before; %.2f bits a weight%n", out, Files.size(out), before,
                8.0 * Files.size(out) / local.model().parameterCount());
        errors(local.model(), written.model()).forEach((kind, error) -> terminal.out().printf("  %-28s %.5f of its size%n", kind, error));
        if (!measured.isEmpty()) try (var line = new ProgressLine(terminal, System::nanoTime)) {
            double first = PerplexityCommand.of(local, measured, 0, 0, line.progress()).perplexity();
            double second = PerplexityCommand.of(written, measured, 0, 0, line.progress()).perplexity();
            line.close();
            terminal.out().printf("perplexity %.4f before, %.4f after%n", first, second);
        }
        return LyceumCommand.DONE;
    }

    /** The tokenizer and template, as the file had them or as they can be written. */
    private Map<String, Object> settings(LoadedModel local) throws IOException {
        var settings = new LinkedHashMap<String, Object>();
        if (!Files.isDirectory(in)) {
            Gguf.read(in).metadata().forEach((name, value) -> { if (name.startsWith("tokenizer.")) settings.put(name, value); });
            return settings;
        }
        settings.putAll(GgufTokenizer.settings(local.tokenizer()));
        if (local.template() instanceof JinjaChatTemplate jinja) settings.put("tokenizer.chat_template", jinja.template().source());
        return settings;
    }

    private static long bytes(Path model) throws IOException {
        if (!Files.isDirectory(model)) return Files.size(model);
        long sum = 0;
        try (var files = Files.list(model)) {
            for (var file : files.filter(f -> f.getFileName().toString().matches("model.*\\.safetensors")).toList())
                sum += Files.size(file);
        }
        return sum;
    }

    /** Root mean square of what changed over that of the weights, the worst layer of each kind. */
    private static Map<String, Double> errors(DecoderLM before, DecoderLM after) {
        var errors = new TreeMap<String, List<Double>>();
        var state = after.state();
        var turned = before.config().blocks().getFirst().attention();
        boolean reordered = turned.rotary() != null && !turned.rotary().isInterleaved()
                && after.config().blocks().getFirst().attention().rotary().isInterleaved();
        before.state().forEach((name, own) -> {
            if (own.rank() != 2) return;
            var weight = reordered && name.matches(".*[qk]_proj.weight") ? RotaryEmbedding.toNeighbours(own, turned.headWidth()) : own;
            try (var scope = Scope.open("error")) {
                double error = Autograd
                        .noGrad(() -> state.get(name).sub(weight).square().sum().item() / Math.max(1e-30, weight.square().sum().item()));
                errors.computeIfAbsent(name.replaceAll("\\.\\d+\\.", ".*."), _ -> new ArrayList<>()).add(Math.sqrt(error));
            }
        });
        var worst = new TreeMap<String, Double>();
        errors.forEach((kind, all) -> worst.put(kind, all.stream().mapToDouble(e -> e).max().orElse(0)));
        return worst;
    }
}
