package lyceum.labs.llm;

import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.List;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.llm.SteppedLM;
import lyceum.llm.generate.CausalGenerator;
import lyceum.llm.generate.GenerationBatch;
import lyceum.llm.generate.GenerationRequest;
import lyceum.llm.generate.SamplingOptions;
import lyceum.llm.generate.StopCriteria;
import lyceum.plot.Figure;
import lyceum.plot.Series;
import lyceum.text.lm.NGramEstimator;
import lyceum.text.lm.NGramSmoothing;

/** Four symbols and an end mark: when texts end, against the chain's own law, and what a batch emits when its rows end at different steps. */
@Lab(topics = "eos-token", title = "When it stops")
final class EosLab implements LabBody {
    private static final int END = 4, START = 5;

    @Override public void run(LabContext lab) {
        int texts = lab.param("texts", 4000, 200, 50_000), rows = lab.param("rows of the batch", 12, 2, 40);
        double length = lab.param("mean length taught", 8.0, 2.0, 40.0);
        var rng = lab.rng(1);
        var taught = new ArrayList<int[]>();
        for (int i = 0; i < 500; i++) {
            int n = (int) (-length * Math.log(rng.nextDoublePositive()));
            var text = new int[n];
            for (int t = 0; t < n; t++) text[t] = t > 0 && rng.nextDouble() < 0.6 ? (text[t - 1] + 1) % 4 : rng.nextInt(4);
            taught.add(text);
        }
        var bigrams = new NGramEstimator(2, 6).withMarks(START, END).withSmoothing(new NGramSmoothing.AddK(0.5)).fit(taught);
        var generator = new CausalGenerator(new SteppedLM(bigrams)).withStop(new StopCriteria(200));

        var drawn = generator.generate(List.of(new int[] {START}), texts, lab.rng(2), lab.progress());
        int shown = 30;
        double[] seen = new double[shown], law = new double[shown], at = new double[4];
        for (var text : drawn) if (text.ids().length <= shown) seen[text.ids().length - 1] += 1.0 / texts;
        for (int a = 0; a < 4; a++) at[a] = bigrams.probability(a, START);
        law[0] = bigrams.probability(END, START);
        for (int n = 1; n < shown; n++) { // the absorbing chain, step by step
            var next = new double[4];
            for (int a = 0; a < 4; a++) {
                law[n] += at[a] * bigrams.probability(END, a);
                for (int b = 0; b < 4; b++) next[b] += at[a] * bigrams.probability(b, a);
            }
            at = next;
        }
        lab.figure(Figure.bars("Lengths of sampled texts", Figure.numbered(0, shown - 1), Series.of("sampled", seen),
                Series.of("the chain's law", law)).axes("symbols before the end mark", "share of texts").describedAs(
                        "Bars side by side for each length: the share of sampled texts and the probability that the chain is absorbed after so many steps."));

        var requests = new ArrayList<GenerationRequest>();
        for (int r = 0; r < rows; r++)
            requests.add(new GenerationRequest(new int[] {START}, SamplingOptions.DEFAULT, new StopCriteria(30), lab.rng(3).split(r)));
        var batch = generator.start(requests);
        var steps = new ArrayList<int[]>();
        for (boolean more = true; more;) {
            more = batch.step();
            steps.add(batch.emitted());
        }
        var grid = new double[rows][steps.size()];
        for (int t = 0; t < steps.size(); t++) for (int r = 0; r < rows; r++) grid[r][t] = steps.get(t)[r];
        lab.figure(Figure
                .heatmap("A batch whose rows end at different steps", grid, Figure.numbered(1, rows), Figure.numbered(1, steps.size()))
                .measuring("id: 4 ends, -1 is padding").axes("step", "row")
                .describedAs("Each row emits symbols until its end mark; from there on it emits padding while the others go on."));

        int padding = 0, late = 0;
        for (int r = 0; r < rows; r++) {
            boolean ended = false;
            for (var step : steps) {
                if (ended && step[r] != GenerationBatch.PAD) late++;
                if (ended) padding++;
                ended |= step[r] == END;
            }
        }
        double worst = 0;
        for (int n = 0; n < shown; n++) worst = Math.max(worst, Math.abs(seen[n] - law[n]) / Math.sqrt(law[n] * (1 - law[n]) / texts));
        lab.say("%d of the %d places of the batch are padding.", padding, rows * steps.size());
        lab.shows("ids emitted behind an end mark", late, atMost(0));
        lab.shows("standard errors between sampled lengths and the law", worst, below(5));
    }
}
