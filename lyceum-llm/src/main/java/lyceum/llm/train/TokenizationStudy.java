package lyceum.llm.train;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.IntFunction;
import lyceum.llm.DecoderConfig;
import lyceum.llm.DecoderLM;
import lyceum.llm.eval.TokenizationFigures;
import lyceum.optim.Schedule;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.text.TokenizationReport;
import lyceum.text.Tokenizer;
import lyceum.train.Trainer;
import lyceum.withers.Withers;

/**
 * The same text, the same number of parameters and the same work for models that differ in how they cut text: bytes, characters, BPE, unigram, digits one by one.
 *
 * {@snippet :
 * var study = new TokenizationStudy(vocabulary -> TokenizationStudy.fitting(100_000, 2, 64, vocabulary), trainer, 500, 64);
 * var trained = study.run(Map.of("bytes", new ByteTokenizer(), "BPE", bpe), train, held, Rng.of(1), Progress.SILENT);
 * trained.get("BPE").bitsPerByte();
 * }
 *
 * <p>Equal steps of equal rows are equal work where the parameters are equal, and hand large pieces more text; {@link Result#bytesRead} says how much. A start mark
 * stands before each text, so that no first token is a gift.
 *
 * @param models a configuration for each size of vocabulary, the start mark included as its last id
 * @param trainer rule, rows of a batch, clipping; its schedule is not read
 * @param steps of each training
 * @param length ids in a row
 */
@Withers
public record TokenizationStudy(IntFunction<DecoderConfig> models, Trainer trainer, long steps, int length)
        implements TokenizationStudyWithers {

    public TokenizationStudy {
        Objects.requireNonNull(models, "models");
        Objects.requireNonNull(trainer, "trainer");
        if (steps < 1 || length < 2) throw new IllegalArgumentException(
                "TokenizationStudy: " + steps + " steps of rows of " + length + " ids; at least 1 of at least 2");
    }

    /**
     * A model and what it came to.
     *
     * @param tokenizer its own
     * @param model trained
     * @param counts of the held-out texts: tokens, bytes, words
     * @param bitsPerByte of these
     * @param bytesRead in training, repetitions included
     */
    public record Result(Tokenizer tokenizer, DecoderLM model, TokenizationReport.Row counts, double bitsPerByte, double bytesRead) {
        /** Share of the parameters that are tables of tokens. */
        public double embeddingShare() {
            var config = model.config();
            return (double) config.vocabulary() * config.width() * (config.tied() ? 1 : 2) / model.parameterCount();
        }

        /** Operations of the training that reads so many tokens: {@code 6 N D}. */
        public double flops(double tokens) { return 6.0 * model.parameterCount() * tokens; }
    }

    /** A model of Llama's kind with tied tables and four heads, as wide as a number of parameters allows, in steps of 8. @throws IllegalArgumentException if not even a width of 8 fits */
    public static DecoderConfig fitting(long parameters, int layers, int length, int vocabulary) {
        DecoderConfig found = null;
        for (int width = 8;; width += 8) {
            var config = DecoderConfig.llama(vocabulary, length, layers, width, 4, 4, 2 * width).withTied(true).withDeviation(0.1)
                    .withStartMark(vocabulary - 1);
            if (config.parameterCount() > parameters) break;
            found = config;
        }
        if (found == null) throw new IllegalArgumentException(
                "TokenizationStudy.fitting: a vocabulary of " + vocabulary + " leaves no width of 8 within " + parameters + " parameters");
        return found;
    }

    /**
     * Trains and measures a model for each tokenizer, in the order of the map.
     *
     * @param held texts that are not trained on, each of fewer tokens than the model reads
     * @throws lyceum.progress.CancelledException if progress says so, between two trainings
     */
    public Map<String, Result> run(Map<String, ? extends Tokenizer> tokenizers, List<String> train, List<String> held, Rng rng,
            Progress progress) {
        var results = new LinkedHashMap<String, Result>();
        for (var each : tokenizers.entrySet()) {
            var tokenizer = each.getValue();
            int size = tokenizer.vocabulary().size();
            var model = new DecoderLM(models.apply(size + 1), rng.split(0));
            if (model.startMark() != size) throw new IllegalArgumentException("TokenizationStudy: \"" + each.getKey() + "\" has " + size
                    + " tokens and its model the start mark " + model.startMark() + "; it is the id behind them");
            var documents = new ArrayList<int[]>();
            long bytes = 0, tokens = 0;
            for (var text : train) {
                int[] ids = tokenizer.ids(text), marked = new int[ids.length + 1];
                marked[0] = size;
                System.arraycopy(ids, 0, marked, 1, ids.length);
                documents.add(marked);
                tokens += marked.length;
                bytes += text.getBytes(StandardCharsets.UTF_8).length;
            }
            var schedule = new Schedule.Cosine(steps).withFloor(0.1).warmedUp(0.05, steps);
            var text = PackedText.of(documents, length, -1);
            var run = new Pretrainer(trainer.withSchedule(schedule), steps).start(model, text, rng.split(1));
            while (run.steps() < steps && run.step());
            double read = (double) steps * trainer.batchSize() * trainer.accumulated() * length * bytes / tokens;
            results.put(each.getKey(),
                    new Result(tokenizer, model, TokenizationReport.of(Map.of(each.getKey(), tokenizer), held).rows().getFirst(),
                            TokenizationFigures.bitsPerByte(model, tokenizer, held), read));
            progress.step("tokenization study", results.size(), tokenizers.size(), "bits per byte",
                    results.get(each.getKey()).bitsPerByte());
        }
        return results;
    }
}
