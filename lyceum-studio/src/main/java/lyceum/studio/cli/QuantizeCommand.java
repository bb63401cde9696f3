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
import java.util.stream.IntStream;
import lyceum.autograd.Autograd;
import lyceum.backend.quant.BlockFormat;
import lyceum.format.Gguf;
import lyceum.llm.DecoderLM;
import lyceum.llm.chat.JinjaChatTemplate;
import lyceum.llm.chat.LoadedModel;
import lyceum.llm.checkpoint.GgufModel;
import lyceum.llm.checkpoint.GgufTokenizer;
import lyceum.llm.checkpoint.ModelFolder;
import lyceum.llm.quant.FewBits;
import lyceum.llm.train.PackedText;
import lyceum.memory.Scope;
import lyceum.nn.Linear;
import lyceum.tensor.Tensor;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code lyceum quantize}: a model in fewer bits. */
@Command(name = "quantize", description = "Write a language model with fewer bits per weight: as a GGUF file, or as a four-bit folder.",
        footer = {"", "Examples:", "  lyceum quantize letters.model letters-q4.gguf --type q4_k --measure new-letters/",
                "  lyceum quantize letters.model letters-4bit.model --type gptq4 --calibrate letters/ --measure new-letters/"})
final class QuantizeCommand implements Callable<Integer> {
    private static final Map<String, BlockFormat> TYPES = new TreeMap<>();

    private static final Map<String, FewBits> FEW = new TreeMap<>();

    static {
        BlockFormat.named().forEach(format -> TYPES.put(format.name().toLowerCase(Locale.ROOT), format));
        for (var few : FewBits.values()) FEW.put(few.name().toLowerCase(Locale.ROOT), few);
    }

    @ParentCommand private LyceumCommand lyceum;

    @Spec private CommandSpec spec;

    @Parameters(index = "0", paramLabel = "IN", description = "A folder of safetensors, or a .gguf file.")
    private Path in;

    @Parameters(index = "1", paramLabel = "OUT",
            description = "The .gguf file to write, or the folder for gptq4, awq4 and nf4.")
    private Path out;

    @Option(names = "--type", paramLabel = "TYPE", defaultValue = "q8_0",
            description = "q8_0 (8.5 bits a weight, the default), q6_k, q5_k, q4_k, q3_k, q2_k, q5_1, q5_0, q4_1, q4_0, iq4_nl, f16, bf16 or f32 "
                    + "for a GGUF file; gptq4, awq4 or nf4 (four bits a weight in the layers) for a folder.")
    private String type;

    @Option(names = "--calibrate", paramLabel = "FILE",
            description = "Texts of the kind the model will read, to calibrate gptq4 and awq4 on.")
    private List<Path> calibration = List
                    .of();

    @Option(names = "--measure", paramLabel = "FILE",
            description = "Texts on which to measure the perplexity before and after.")
    private List<Path> measured = List.of();

    @Override public Integer call() throws IOException {
        var format = TYPES.get(type.toLowerCase(Locale.ROOT));
        var few = FEW.get(type.toLowerCase(Locale.ROOT));
        if (format == null && few == null) throw new ParameterException(spec.commandLine(),
                "--type is " + type + "; it is one of " + String.join(", ", TYPES.keySet()) + ", " + String.join(", ", FEW.keySet()));
        if (Files.exists(out) && Files.isSameFile(in, out))
            throw new ParameterException(spec.commandLine(), "OUT is IN; name another file");
        if (few != null && few.isCalibrated() && calibration.isEmpty())
            throw new ParameterException(spec.commandLine(), "--type " + type + " needs texts to calibrate on: --calibrate FILE");
        if (few != null && Files.isRegularFile(out))
            throw new ParameterException(spec.commandLine(), "OUT is a file; --type " + type + " writes a folder");
        var local = LoadedModel.open(in);
        var terminal = lyceum.terminal();
        var texts = calibration.isEmpty() ? List.<Tensor>of() : batches(local);
        if (format != null) GgufModel.write(out, local.model(), format, settings(local));
        else {
            var model = GgufModel.byHalves(local.model());
            var family = Files.isDirectory(in) ? ModelFolder.open(in).family() : GgufModel.family(Gguf.read(in));
            try (var line = new ProgressLine(terminal, System::nanoTime)) {
                new LoadedModel(few.of(model, texts, line.progress()), local.tokenizer(), local.ends(), local.template()).write(out,
                        family);
            }
        }
        var written = LoadedModel.open(out);
        terminal.out().printf("%s: %,d bytes, %,d before; %.2f bits a weight%n", out, bytes(out), bytes(in),
                8.0 * bytes(out) / local.model().parameterCount());
        if (texts.isEmpty()) errors(GgufModel.byHalves(local.model()), GgufModel.byHalves(written.model()))
                .forEach((kind, error) -> terminal.out().printf("  %-28s %.5f of its size%n", kind, error));
        else FewBits.errors(local.model(), written.model(), texts)
                .forEach((layer, error) -> terminal.out().printf("  %-28s %.5f of what it gives%n", layer, error));
        if (!measured.isEmpty()) try (var line = new ProgressLine(terminal, System::nanoTime)) {
            double first = PerplexityCommand.of(local, measured, 0, 0, line.progress()).perplexity();
            double second = PerplexityCommand.of(written, measured, 0, 0, line.progress()).perplexity();
            line.close();
            terminal.out().printf("perplexity %.4f before, %.4f after%n", first, second);
        }
        return LyceumCommand.DONE;
    }

    /** 32 rows of the texts at most, four at a time. */
    private List<Tensor> batches(LoadedModel local) throws IOException {
        var ids = Documents.all(calibration).stream().map(d -> local.tokenizer().ids(d.text())).toList();
        var rows = PackedText.of(ids, (int) Math.min(local.model().contextLength(), 512), -1);
        int whole = (int) (rows.tokens() / rows.length());
        if (whole == 0) return List.of(rows.ids(0).narrow(1, 0, rows.tokens()).compute());
        var batches = new ArrayList<Tensor>();
        for (int row = 0; row < Math.min(32, whole); row += 4)
            batches.add(rows.ids(IntStream.range(row, Math.min(Math.min(32, whole), row + 4)).toArray()));
        return batches;
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
        var modules = after.modules();
        var state = after.state();
        before.state().forEach((name, own) -> {
            if (own.rank() != 2) return;
            try (var scope = Scope.open("error")) {
                var other = state.containsKey(name) ? state.get(name)
                        : ((Linear) modules.get(name.replaceFirst("\\.weight$", ""))).weight();
                double error = Autograd.noGrad(() -> other.sub(own).square().sum().item() / Math.max(1e-30, own.square().sum().item()));
                errors.computeIfAbsent(name.replaceAll("\\.\\d+\\.", ".*."), _ -> new ArrayList<>()).add(Math.sqrt(error));
            }
        });
        var worst = new TreeMap<String, Double>();
        errors.forEach((kind, all) -> worst.put(kind, all.stream().mapToDouble(e -> e).max().orElse(0)));
        return worst;
    }
}
