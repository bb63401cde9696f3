package lyceum.llm.train;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.IntFunction;
import lyceum.llm.DecoderConfig;
import lyceum.llm.DecoderLM;
import lyceum.llm.eval.AdditionTask;
import lyceum.nn.loss.CausalLmLoss;
import lyceum.optim.AdamW;
import lyceum.optim.Clip;
import lyceum.optim.Schedule;
import lyceum.progress.Progress;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.text.BpeTrainer;
import lyceum.text.PreTokenizer;
import lyceum.text.Tokenizer;
import lyceum.train.BatchLoss;
import lyceum.train.Trainer;
import lyceum.withers.Withers;

/**
 * Two models of one size learn the same sums in equal steps: one reads digits one by one, the other what BPE made of the numbers. A row is a sum, of which only the
 * answer and the line's end behind it are learned: what stands before the equals sign is chance. Sums that are asked are none of those learned from.
 *
 * {@snippet :
 * var outcome = new AdditionStudy().run(Rng.of(1), Progress.SILENT);
 * outcome.digits().accuracy();            // nearly all
 * outcome.merged().accuracy();            // nearly none
 * }
 *
 * @param task how sums are written
 * @param learned how many sums there are to learn from
 * @param asked how many others are asked
 * @param vocabulary of the BPE tokenizer, above 256
 * @param models a configuration for each size of vocabulary, the start mark included as its last id
 * @param trainer rule, rows of a batch, clipping; its epochs and schedule are not read
 * @param steps of each training
 * @see <a href="https://arxiv.org/abs/2307.03381">Lee et al. (2023), Teaching Arithmetic to Small Transformers</a>
 */
@Withers
public record AdditionStudy(AdditionTask task, int learned, int asked, int vocabulary, IntFunction<DecoderConfig> models, Trainer trainer,
        long steps) implements AdditionStudyWithers {
    private static final int BYTES = 256, NO_LABEL = (int) new CausalLmLoss().ignoreIndex();
    private static final String END = "\n";

    public AdditionStudy {
        Objects.requireNonNull(task, "task");
        Objects.requireNonNull(models, "models");
        Objects.requireNonNull(trainer, "trainer");
        if (learned < 1 || asked < 1 || steps < 1) throw new IllegalArgumentException(
                "AdditionStudy: " + learned + " sums to learn from in " + steps + " steps and " + asked + " to ask; at least 1 each");
        if (vocabulary <= BYTES) throw new IllegalArgumentException(
                "AdditionStudy: a vocabulary of " + vocabulary + " holds no merged number; it is above " + BYTES);
    }

    /** Numbers of three digits, the last one first, so that carries go with the reading; 120,000 parameters in two layers. */
    public AdditionStudy() {
        this(new AdditionTask(3, true), 20_000, 300, 1200, v -> TokenizationStudy.fitting(120_000, 2, 16, v),
                new Trainer(new AdamW(3e-3), 1).withBatchSize(32).withClip(Clip.norm(1)), 1200);
    }

    /**
     * What became of one way to cut.
     *
     * @param tokenizer its own
     * @param model trained
     * @param accuracy share of the sums asked whose answer it wrote to the end
     */
    public record Learned(Tokenizer tokenizer, DecoderLM model, double accuracy) {}

    /** Both. */
    public record Outcome(Learned digits, Learned merged) {
        /** Share of sums by which digits are ahead. */
        public double ahead() { return digits.accuracy - merged.accuracy; }
    }

    /**
     * Draws sums, makes both tokenizers of those to learn from, trains both models and asks them.
     *
     * @throws lyceum.progress.CancelledException if progress says so, between the trainings
     */
    public Outcome run(Rng rng, Progress progress) {
        var sums = task.draw(asked + learned, rng);
        List<AdditionTask.Sum> questions = sums.subList(0, asked), lessons = sums.subList(asked, sums.size());
        var lines = lessons.stream().map(sum -> sum.text() + END).toList();
        var outcomes = new Learned[2];
        for (int way = 0; way < 2; way++) {
            var tokenizer = BpeTrainer.byteLevel(way == 0 ? BYTES : vocabulary, PreTokenizer.GPT2).train(lines);
            var model = learn(tokenizer, lessons, rng);
            outcomes[way] = new Learned(tokenizer, model, AdditionTask.accuracy(model, tokenizer, questions, END));
            progress.step("learning to add", way + 1, 2, "accuracy", outcomes[way].accuracy);
        }
        return new Outcome(outcomes[0], outcomes[1]);
    }

    private DecoderLM learn(Tokenizer tokenizer, List<AdditionTask.Sum> lessons, Rng rng) {
        int mark = tokenizer.vocabulary().size(), n = lessons.size();
        var texts = lessons.stream().map(sum -> tokenizer.ids(sum.text() + END)).toList();
        int longest = 1 + texts.stream().mapToInt(ids -> ids.length).max().orElseThrow();
        int[] ids = new int[n * longest], labels = new int[n * longest];
        Arrays.fill(labels, NO_LABEL);
        for (int i = 0; i < n; i++) {
            int[] text = texts.get(i);
            int at = i * longest, question = tokenizer.ids(lessons.get(i).question()).length;
            ids[at] = mark;
            System.arraycopy(text, 0, ids, at + 1, text.length);
            System.arraycopy(text, question, labels, at + 1 + question, text.length - question);
        }
        Tensor x = Tensor.of(ids, n, longest), y = Tensor.of(labels, n, longest);
        var model = new DecoderLM(models.apply(mark + 1), rng.split(0));
        if (model.startMark() != mark) throw new IllegalArgumentException("AdditionStudy: a tokenizer has " + mark
                + " tokens and its model the start mark " + model.startMark() + "; it is the id behind them");
        BatchLoss loss = (rows, pass) -> new CausalLmLoss().of(model.forward(x.rows(rows), pass), y.rows(rows));
        var run = trainer.withEpochs((int) Math.min(steps, Integer.MAX_VALUE))
                .withSchedule(new Schedule.Cosine(steps).withFloor(0.05).warmedUp(0.05, steps)).start(model, n, loss, null, rng.split(1));
        while (run.steps() < steps && run.step());
        return model;
    }
}
