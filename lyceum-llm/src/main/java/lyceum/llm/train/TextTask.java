package lyceum.llm.train;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import lyceum.DType;
import lyceum.data.corpus.Corpora;
import lyceum.data.corpus.CorpusReader;
import lyceum.data.corpus.Document;
import lyceum.llm.DecoderConfig;
import lyceum.llm.DecoderLM;
import lyceum.llm.chat.ChatTemplate;
import lyceum.llm.chat.LoadedModel;
import lyceum.llm.checkpoint.ModelFamily;
import lyceum.llm.checkpoint.ModelFolder;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.optim.AdamW;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.text.SpecialTokens;
import lyceum.text.TokenizerKind;
import lyceum.text.TokenizerPipeline;
import lyceum.train.BatchLoss;
import lyceum.train.Trainer;
import lyceum.train.TrainingRun;
import lyceum.train.task.TrainingSettings;
import lyceum.train.task.TrainingTask;

/**
 * {@code task: text}: a language model, of characters or of learned pieces; its folder is one that chat, perplexity, quantize and serve take.
 *
 * <table>
 * <caption>Its names</caption>
 * <tr><td>{@code data.train}</td><td>files and folders of .txt, .md and .jsonl</td></tr>
 * <tr><td>{@code data.set}</td><td>instead: king-james or brown</td></tr>
 * <tr><td>{@code data.damaged}</td><td>fatal, or skip: each line is named; fatal</td></tr>
 * <tr><td>{@code data.validation}</td><td>one in so many documents (of few, the last part of each) is held out; 20</td></tr>
 * <tr><td>{@code data.tokenizer}</td><td>characters, bpe:N, unigram:N or a tokenizer.json; bpe:4096</td></tr>
 * <tr><td>{@code data.length}</td><td>tokens of a row, 128</td></tr>
 * <tr><td>{@code model.from}</td><td>a folder of a language model to go on from, with its tokenizer and its shape, instead of all that follows</td></tr>
 * <tr><td>{@code model.family}</td><td>llama or gpt2; llama</td></tr>
 * <tr><td>{@code model.layers}, {@code width}, {@code heads}</td><td>4, 128 and 4</td></tr>
 * <tr><td>{@code model.keyHeads}, {@code hidden}</td><td>of llama: as heads, and 8/3 of the width</td></tr>
 * </table>
 */
public final class TextTask implements TrainingTask {
    /** The mark behind a text. */
    static final String END = "<|endoftext|>";

    private static final String TOKENIZER = "tokenizer.json", STARTED = "training.json";

    @Override public String name() { return "text"; }

    @Override public String description() { return "a language model of texts, by characters or learned pieces"; }

    @Override public Prepared prepare(TrainingSettings settings, Path out, Rng rng, Progress progress) throws IOException {
        var data = settings.section("data");
        var notes = new ArrayList<String>();
        var documents = documents(data, notes);
        var model = settings.section("model");
        var before = model.has("from") ? before(model) : null;
        if (before != null && data.has("tokenizer"))
            throw data.wrong("tokenizer", "it is that of the model that it goes on from; leave it out");
        var pieces = before == null ? tokenizer(data, documents, out, progress) : before.opened.tokenizer();
        var end = pieces.specials().find(END);
        int mark = end == null ? pieces.specials().id(SpecialTokens.Role.EOS).orElse(-1) : end.id();
        long longest = before == null ? Integer.MAX_VALUE : before.opened.model().contextLength();
        int length = data.whole("length", (int) Math.min(128, longest), 2);
        if (length > longest) throw data.wrong("length", "the model that it goes on from reads " + longest + " tokens, not " + length);
        var parts = HeldOutText.oneIn(data.whole("validation", 20, 2), documents);
        var train = HeldOutText.packed(parts.learned(), pieces, length, mark);
        var held = HeldOutText.packed(parts.held(), pieces, length, mark);
        if (before != null) {
            notes.add("all weights begin as they are in " + model.path("from"));
            return new Ready(before.learning(), pieces, before.family, before.opened.template(), train, held, parts.heldBytes(), notes);
        }
        boolean llama = model.oneOf("family", "llama", "llama", "gpt2").equals("llama");
        DecoderConfig config;
        try {
            config = shape(model, llama, pieces.vocabulary().size(), length).withTied(true).withStartMark(-1).withEndMark(mark);
        } catch (IllegalArgumentException e) {
            throw model.wrong("width", e.getMessage());
        }
        return new Ready(new DecoderLM(config, rng.split(1)), pieces, llama ? ModelFamily.LLAMA : ModelFamily.GPT2, null, train, held,
                parts.heldBytes(), notes);
    }

    /** A model to go on from, as it lies in its folder. */
    private record Before(LoadedModel opened, ModelFamily family) {
        /** A copy: what is opened lies in files that nobody writes to. */
        DecoderLM learning() { return Module.copy(opened.model()); }
    }

    private static Before before(TrainingSettings model) throws IOException {
        var folder = model.path("from");
        if (!Files.isDirectory(folder)) throw model.wrong("from", "it is a folder with a model and its tokenizer; it is " + folder);
        var opened = LoadedModel.open(folder);
        if (opened.model().config().dtype() != DType.F32)
            throw model.wrong("from", "its weights are " + opened.model().config().dtype() + "; F32 can be learned");
        if (opened.model().modules().values().stream().anyMatch(m -> m instanceof Linear linear && linear.stored() != null))
            throw model.wrong("from", "its layers are stored in few bits, which are not learned; take the model that they were made from");
        return new Before(opened, ModelFolder.open(folder).family());
    }

    private static List<Document> documents(TrainingSettings data, List<String> notes) throws IOException {
        if (data.has("set")) {
            if (data.has("train")) throw data.wrong("train", "it says set and train; one of them is meant");
            return (data.oneOf("set", "", "king-james", "brown").equals("brown") ? Corpora.brown() : Corpora.kingJames()).stream().toList();
        }
        var reader = new CorpusReader();
        if (data.oneOf("damaged", "fatal", "fatal", "skip").equals("skip"))
            reader = reader.withOnMalformed(malformed -> notes.add("skipped " + malformed.source()
                    + (malformed.line() == 0 ? "" : ", line " + malformed.line()) + ": " + malformed.problem()));
        var all = new ArrayList<Document>();
        try (var open = reader.paths(data.paths("train")).open()) {
            for (var document = open.next(); document != null; document = open.next()) all.add(document);
        }
        if (all.isEmpty()) throw data.wrong("train", "there is no text in it");
        return all;
    }

    /** A run that goes on has its tokenizer in its folder. */
    private static TokenizerPipeline tokenizer(TrainingSettings data, List<Document> documents, Path out, Progress progress)
            throws IOException {
        var words = data.text("tokenizer", "bpe:4096").split(":");
        var kept = out.resolve(TOKENIZER);
        var file = words.length == 1 && !words[0].equals("characters") ? data.path("tokenizer") : null;
        if (Files.exists(out.resolve(STARTED)) && Files.exists(kept)) return TokenizerPipeline.read(kept);
        TokenizerPipeline pieces;
        if (file != null) pieces = TokenizerPipeline.read(file);
        else try {
            var learned = TokenizerKind.named(words[0]).learn(words.length == 1 ? 1 : Integer.parseInt(words[1]), List.of(END),
                    documents.stream().map(Document::text).toList(), progress);
            pieces = new TokenizerPipeline(learned.spec().withSpecials(learned.specials().with(SpecialTokens.Role.EOS, END)));
        } catch (IllegalArgumentException e) {
            throw data.wrong("tokenizer", "it is characters, bpe:N, unigram:N or a file: " + e.getMessage());
        }
        pieces.write(kept);
        return pieces;
    }

    private static DecoderConfig shape(TrainingSettings model, boolean llama, int vocabulary, int length) {
        int layers = model.whole("layers", 4, 1), width = model.whole("width", 128, 1), heads = model.whole("heads", 4, 1);
        if (!llama) return DecoderConfig.gpt2(vocabulary, length, layers, width, heads);
        int hidden = model.whole("hidden", (8 * width / 3 + 31) / 32 * 32, 1);
        return DecoderConfig.llama(vocabulary, length, layers, width, heads, model.whole("keyHeads", heads, 1), hidden);
    }

    private record Ready(DecoderLM decoder, TokenizerPipeline pieces, ModelFamily family, ChatTemplate template, PackedText train,
            PackedText held, long heldBytes, List<String> untold) implements Prepared {
        private Pretrainer pretrainer() { return new Pretrainer(new Trainer(new AdamW(1e-3), 1), 1); }

        @Override public Module model() { return decoder; }

        @Override public int rows() { return train.size(); }

        @Override public BatchLoss loss() { return pretrainer().loss(decoder, train); }

        @Override public boolean holdsOut() { return true; }

        /** Nats a token. */
        @Override public TrainingRun.Evaluated evaluate() {
            double nats = pretrainer().nats(decoder, held);
            long tokens = 0;
            for (int row = 0; row < held.size(); row++) tokens += held.targets(row);
            var metrics = new LinkedHashMap<String, Double>();
            metrics.put("bits per byte", nats / heldBytes / Math.log(2));
            return new TrainingRun.Evaluated(nats / tokens, metrics);
        }

        @Override public List<String> summary() {
            return List.of(
                    String.format(Locale.ROOT, "%,d rows of %d tokens, %,d pieces; %,d rows to judge epochs by", train.size(),
                            train.length(), pieces.vocabulary().size(), held.size()),
                    String.format(Locale.ROOT, "a decoder of %s's kind, %,d parameters", family.modelType(), decoder.parameterCount()));
        }

        @Override public List<String> notes() {
            var notes = List.copyOf(untold);
            untold.clear();
            return notes;
        }

        @Override public void write(Path folder) throws IOException { new LoadedModel(decoder, pieces, template).write(folder, family); }
    }
}
