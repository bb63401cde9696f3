package lyceum.studio.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import lyceum.data.corpus.Document;
import lyceum.llm.DecoderConfig;
import lyceum.llm.DecoderLM;
import lyceum.llm.chat.LoadedModel;
import lyceum.llm.checkpoint.ModelFamily;
import lyceum.llm.train.HeldOutText;
import lyceum.llm.train.PackedText;
import lyceum.llm.train.Pretrainer;
import lyceum.nn.Module;
import lyceum.optim.AdamW;
import lyceum.optim.Clip;
import lyceum.optim.Schedule;
import lyceum.random.Rng;
import lyceum.text.SpecialTokens;
import lyceum.text.TokenizerPipeline;
import lyceum.train.Trainer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** {@code lyceum pretrain}: a language model of one's own texts. */
@Command(name = "pretrain", description = "Train a language model on texts, for chat, perplexity, quantize and serve.",
        footer = {"", "Examples:", "  lyceum pretrain --text letters/ --out letters.model --minutes 10",
                "  lyceum pretrain --text letters/ --out letters.model --resume"})
final class PretrainCommand implements Callable<Integer> {
    private static final String END = "<|endoftext|>", RUN = "run.safetensors", PLAN = "run.json";
    private static final int TIMED = 4;

    @ParentCommand private LyceumCommand lyceum;

    @Spec private CommandSpec spec;

    @Option(names = "--text", paramLabel = "FILE", required = true,
            description = "Texts: a file, or a folder of .txt, .md and .jsonl; may be repeated.")
    private List<Path> texts;

    @Option(names = "--out", paramLabel = "DIR", required = true, description = "The folder to write the model to.")
    private Path out;

    @Option(names = "--config", paramLabel = "NAME|FILE", defaultValue = "small",
            description = "tiny (2 blocks of 128), small (6 of 384, the default), medium (12 of 768), or a config.json of the llama family.")
    private String config;

    @Option(names = "--tokenizer", paramLabel = "TYPE:N|FILE", defaultValue = "bpe:4096",
            description = "bpe:N or unigram:N to learn N pieces, or a tokenizer's file; bpe:4096 by default.")
    private String tokenizer;

    @Option(names = "--minutes", paramLabel = "N", defaultValue = "10",
            description = "How long to train, 10 by default; a short run first measures how many steps fit.") private double minutes;

    @Option(names = "--steps", paramLabel = "N", defaultValue = "0",
            description = "How many steps to train, instead of minutes.") private long steps;

    @Option(names = "--batch", paramLabel = "N", defaultValue = "16", description = "Rows in a step, 16 by default.") private int batch;

    @Option(names = "--seed", paramLabel = "N", defaultValue = "0", description = "0 by default.") private long seed;

    @Option(names = "--resume", description = "Continue the run in the folder.") private boolean resume;

    @Override public Integer call() throws IOException {
        if (!(minutes > 0) || steps < 0 || batch < 1)
            throw new ParameterException(spec.commandLine(), "--minutes and --batch must be above 0, --steps at least 0");
        var plan = out.resolve(PLAN);
        if (resume && !Files.exists(plan)) throw new IOException(out + " holds no run to continue; leave out --resume");
        if (!resume && Files.exists(plan))
            throw new IOException(out + " already holds a run; continue it with --resume, or name another folder");
        var terminal = lyceum.terminal();
        var documents = Documents.all(texts);
        try (var line = new ProgressLine(terminal, System::nanoTime)) {
            var pieces = resume ? TokenizerPipeline.read(out.resolve("tokenizer.json")) : pieces(documents, line);
            int end = pieces.specials().find(END) == null ? pieces.specials().id(SpecialTokens.Role.EOS).orElse(-1)
                    : pieces.specials().find(END).id();
            var shape = resume ? ModelFamily.LLAMA.config(Files.readString(out.resolve("config.json")))
                    : shape(pieces.vocabulary().size(), end);
            var model = new DecoderLM(shape, Rng.of(seed));
            int length = (int) Math.min(shape.contextLength(), 1024);
            var parts = HeldOutText.oneIn(20, documents);
            var train = HeldOutText.packed(parts.learned(), pieces, length, end);
            var test = HeldOutText.packed(parts.held(), pieces, length, end);
            JsonNode before = resume ? JsonMapper.shared().readTree(Files.readString(plan)) : null;
            long all = resume ? before.path("steps").asLong() : steps > 0 ? steps : fitting(model, train);
            if (resume && before.path("tokens").asLong() != train.tokens()) throw new IOException("the texts have " + train.tokens()
                    + " tokens, those of the run " + before.path("tokens") + "; a run goes on with the same");
            if (!resume) {
                new LoadedModel(model, pieces, null).write(out, ModelFamily.LLAMA);
                Files.writeString(plan, JsonMapper.shared().createObjectNode().put("steps", all).put("tokens", train.tokens())
                        .put("seed", seed).toPrettyString());
            }
            double rate = Math.min(3e-3, 0.6 / shape.width());
            var trainer = new Trainer(new AdamW(rate).withBetas(0.9, 0.95).withWeightDecay(0.1), 1)
                    .withBatchSize(Math.min(batch, train.size())).withClip(Clip.norm(1))
                    .withSchedule(new Schedule.Cosine(all).warmedUp(0.05, all));
            var pretrainer = new Pretrainer(trainer, all).withEvaluateEvery(Math.max(1, all / 10)).withCheckpoint(out.resolve(RUN));
            long bytes = parts.heldBytes();
            double first = pretrainer.bitsPerByte(model, test, bytes);
            var curve = pretrainer.train(model, train, test, bytes, Rng.of(seed + 1), line.progress());
            line.close();
            var trained = new LoadedModel(model, pieces, null);
            trained.write(out, ModelFamily.LLAMA);
            terminal.out().printf("%,d parameters, %,d tokens of text, %,d steps of %,d tokens%n", model.parameterCount(), train.tokens(),
                    all, (long) trainer.batchSize() * length);
            terminal.out().printf("held out: %.3f bits per byte, %.3f before training%n", curve.last(), first);
            terminal.out().println("Written: " + out + ". Next: lyceum chat " + out);
        }
        return LyceumCommand.DONE;
    }

    private TokenizerPipeline pieces(List<Document> documents, ProgressLine line) throws IOException {
        var parts = tokenizer.split(":");
        if (parts.length != 2 || !parts[1].matches("\\d{1,7}")) return TokenizeCommand.read(Path.of(tokenizer));
        var texts = documents.stream().map(Document::text).toList();
        var learned = TokenizerCommand.learn(parts[0], Integer.parseInt(parts[1]), List.of(END), texts, line.progress(), spec);
        return new TokenizerPipeline(learned.spec().withSpecials(learned.specials().with(SpecialTokens.Role.EOS, END)));
    }

    private DecoderConfig shape(int vocabulary, int end) throws IOException {
        var shape = switch (config) {
            case "tiny" -> DecoderConfig.llama(vocabulary, 128, 2, 128, 4, 2, 352);
            case "small" -> DecoderConfig.llama(vocabulary, 256, 6, 384, 6, 6, 1024);
            case "medium" -> DecoderConfig.llama(vocabulary, 512, 12, 768, 12, 12, 2048);
            default -> ModelFamily.LLAMA.config(Files.readString(FitCommand.existing(Path.of(config)))).withVocabulary(vocabulary);
        };
        return shape.withTied(true).withStartMark(-1).withEndMark(end);
    }

    /** How many steps fit the minutes, by the time of a few on a copy. */
    private long fitting(DecoderLM model, PackedText text) {
        var trial = new Pretrainer(new Trainer(new AdamW(1e-3), 1).withBatchSize(Math.min(batch, text.size())), TIMED)
                .start(Module.copy(model), text, Rng.of(seed));
        trial.step();
        long begin = System.nanoTime();
        for (int i = 1; i < TIMED; i++) trial.step();
        double seconds = (System.nanoTime() - begin) / 1e9 / (TIMED - 1);
        return Math.max(10, (long) (minutes * 60 / seconds));
    }
}
