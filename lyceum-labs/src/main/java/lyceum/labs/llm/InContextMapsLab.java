package lyceum.labs.llm;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.exactly;

import java.util.ArrayList;
import java.util.List;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.llm.DecoderConfig;
import lyceum.llm.DecoderLM;
import lyceum.llm.PromptedTask;
import lyceum.llm.PromptedTask.Example;
import lyceum.memory.Scope;
import lyceum.nn.Pass;
import lyceum.nn.loss.CausalLabels;
import lyceum.nn.loss.CausalLmLoss;
import lyceum.optim.AdamW;
import lyceum.optim.Schedule;
import lyceum.plot.Figure;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** Models that learn a random map from the examples in their prompt, with no weight touched, in three sizes. */
@Lab(topics = "gpt-3", title = "Learning without learning")
final class InContextMapsLab implements LabBody {
    private static final PromptedTask TASK = new PromptedTask(new int[0], new int[0]);

    @Override public void run(LabContext lab) {
        int symbols = lab.param("symbols", 4, 3, 8), steps = lab.param("steps", 135, 50, 3000), most = 2 * symbols;
        int[] widths = {8, 16, 32};
        var figure = Figure.plot("Random maps of " + symbols + " symbols, unseen ones");
        var shots = new double[most + 1];
        for (int k = 0; k <= most; k++) shots[k] = k;
        double first = 0, last = 0, none = 0, moved = 0;
        for (int width : widths) {
            var model = trained(lab, symbols, steps, width);
            double before = weights(model);
            var accuracy = new double[most + 1];
            for (int k = 0; k <= most; k++) accuracy[k] = accuracy(model, symbols, k, lab.rng(9));
            figure = figure.line(model.parameterCount() + " parameters", shots, accuracy);
            if (width == widths[0]) first = accuracy[most];
            last = accuracy[most];
            none = accuracy[0];
            moved += Math.abs(weights(model) - before);
        }
        lab.figure(figure.horizontalLine(1.0 / symbols, "chance").axes("demonstrations in the prompt", "accuracy").describedAs(
                "Without a demonstration all guess. The larger model climbs with each one shown, though nothing in it changes."));
        lab.say("With %d demonstrations the smallest model is right in %.0f%% of cases, the largest in %.0f%%.", most, 100 * first,
                100 * last);
        lab.shows("accuracy of the largest with no demonstration, less chance", none - 1.0 / symbols, atMost(0.1));
        lab.shows("the same with " + most, last - 1.0 / symbols, above(0.4));
        lab.shows("accuracy of the largest over the smallest", last - first, above(0.05));
        lab.shows("sum over all weights, moved by it", moved, exactly(0));
    }

    private static double weights(DecoderLM model) {
        return model.parameters().values().stream().mapToDouble(p -> p.detach().abs().sum().item()).sum();
    }

    private static Example example(int[] map, int symbol) { return new Example(new int[] {symbol}, new int[] {map[symbol]}); }

    private static int[] map(int symbols, Rng rng) {
        var map = new int[symbols];
        for (int i = 0; i < symbols; i++) map[i] = symbols + rng.nextInt(symbols);
        return map;
    }

    /** The first k of all symbols twice in random order. */
    private static List<Example> shown(int[] map, int k, Rng rng) {
        int[] order = rng.permutation(2 * map.length);
        var shown = new ArrayList<Example>();
        for (int i = 0; i < k; i++) shown.add(example(map, order[i] % map.length));
        return shown;
    }

    private static double accuracy(DecoderLM model, int symbols, int k, Rng rng) {
        var questions = new ArrayList<Example>();
        var demonstrations = new ArrayList<List<Example>>();
        for (int i = 0; i < 128; i++) {
            int[] map = map(symbols, rng);
            demonstrations.add(shown(map, k, rng));
            questions.add(example(map, rng.nextInt(symbols)));
        }
        return TASK.accuracy(model, demonstrations, questions);
    }

    /** A banded layer that tells each output its input, then a dense one that looks back; first on three symbols only, then on all. */
    private static DecoderLM trained(LabContext lab, int symbols, int steps, int width) {
        int length = 2 * (2 * symbols + 1), rows = 32;
        var config = DecoderConfig.gpt3(2 * symbols, length, 2, width, 4, width / 4, 2).withDeviation(0.15);
        var model = new DecoderLM(config.withBlocks(config.blocks().reversed()), lab.rng(1));
        var adam = new AdamW(3e-3).over(model.parameters()).scheduledBy(new Schedule.Cosine(steps));
        var weights = new float[rows * length];
        for (int i = 1; i < weights.length; i += 2) weights[i] = 1; // outputs alone are foretold
        var rng = lab.rng(2);
        for (int step : lab.progress("steps", steps)) try (var scope = Scope.open("step")) {
            var ids = new int[rows * length];
            for (int row = 0; row < rows; row++) {
                int[] map = map(symbols, rng), some = rng.permutation(symbols), order = rng.permutation(length / 2 - 1);
                for (int i = 0; i < length; i += 2) {
                    boolean easy = 3 * step < 2 * steps, asks = i == length - 2;
                    int symbol = easy || asks ? some[rng.nextInt(easy ? 3 : symbols)] : order[i / 2] % symbols;
                    ids[row * length + i] = symbol;
                    ids[row * length + i + 1] = map[symbol];
                }
            }
            var batch = Tensor.of(ids, rows, length);
            var labels = CausalLabels.of(batch).withWeights(Tensor.of(weights, rows, length));
            model.zeroGrad();
            new CausalLmLoss().tokens(model.logits(batch, Pass.training(rng)), labels).mean().backward();
            adam.step();
        }
        return model;
    }
}
