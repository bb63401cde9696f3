package lyceum.labs.llm;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.between;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.function.BiPredicate;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.llm.Continuation;
import lyceum.llm.DecoderConfig;
import lyceum.llm.DecoderLM;
import lyceum.llm.generate.CausalGenerator;
import lyceum.llm.generate.MeteredLM;
import lyceum.llm.generate.StopCriteria;
import lyceum.llm.generate.TestTimeScaling;
import lyceum.memory.Scope;
import lyceum.nn.Pass;
import lyceum.nn.loss.CausalLabels;
import lyceum.nn.loss.CausalLmLoss;
import lyceum.optim.Adam;
import lyceum.plot.Figure;
import lyceum.tensor.Tensor;

/** A small model that tries again and again and a larger one that answers at once, on sums that both half know and products that nobody taught. */
@Lab(topics = "test-time-compute", title = "Try again, or be larger")
final class TestTimeLab implements LabBody {
    private static final int N = 16, SUM = 16, PRODUCT = 17, DIGITS = 18, OTHERS = 24, V = 30;

    @Override public void run(LabContext lab) {
        int steps = lab.param("training steps", 60, 10, 1000), most = lab.param("samples", 16, 2, 64), prompts = lab.param("prompts a bin", 60, 20, 200);
        BiPredicate<int[], Continuation> isRight = (prompt, c) -> Arrays.equals(c.ids(), answer(prompt));
        var bins = new LinkedHashMap<String, List<int[]>>();
        for (int kind : new int[] {SUM, PRODUCT}) {
            var rng = lab.rng(kind);
            var some = new ArrayList<int[]>();
            for (int i = 0; i < prompts; i++) some.add(new int[] {kind, 2 + rng.nextInt(N - 2), 2 + rng.nextInt(N - 2)});
            bins.put(kind == SUM ? "sums" : "products", some);
        }
        var models = new LinkedHashMap<String, DecoderLM>();
        models.put("small", trained(lab, DecoderConfig.llama(V, 8, 1, 16, 2, 2, 32), steps));
        models.put("large", trained(lab, DecoderConfig.llama(V, 8, 2, 24, 2, 2, 48), steps));
        var figure = Figure.plot("Accuracy against inference").logX().axes("FLOPs a prompt", "share answered rightly").describedAs(
                "Curves over the number of samples, one for each model and kind of question: on sums they rise, on products they stay at zero.");
        var rows = new ArrayList<List<?>>();
        double gain = 0, hopeless = 0, cover = 0;
        for (var model : models.entrySet()) {
            var meter = new MeteredLM(model.getValue());
            var generator = new CausalGenerator(meter).withStop(new StopCriteria(2));
            var scaling = new TestTimeScaling(generator, (prompt, all) -> all.stream().mapToDouble(c -> isRight.test(prompt, c) ? 1 : 0).toArray(),
                    c -> Arrays.hashCode(c.ids()));
            for (var bin : bins.entrySet()) {
                var flops = new ArrayList<Double>();
                var accuracy = new ArrayList<Double>();
                for (int n = 1; n <= most; n *= 2) {
                    var report = TestTimeScaling.evaluate(scaling.bestOf(n), bin.getValue(), meter, isRight, lab.rng(10 + n));
                    flops.add(report.flopsPerPrompt());
                    accuracy.add(report.accuracy());
                    rows.add(List.of(model.getKey(), bin.getKey(), n, report.flopsPerPrompt(), report.accuracy()));
                }
                figure = figure.line(model.getKey() + ", " + bin.getKey(), doubles(flops), doubles(accuracy));
                double rise = accuracy.getLast() - accuracy.getFirst();
                if (bin.getKey().equals("products")) hopeless = Math.max(hopeless, rise);
                else if (model.getKey().equals("small")) {
                    gain = rise;
                    double foretold = 0;
                    int n = Integer.highestOneBit(most);
                    for (double[] logs : generator.scores(bin.getValue(), bin.getValue().stream().map(TestTimeLab::answer).toList()))
                        foretold += TestTimeScaling.coverage(Math.exp(logs[0] + logs[1]), n) / prompts;
                    cover = accuracy.getLast() - foretold;
                }
            }
        }
        lab.figure(figure);
        lab.table("Samples, an exact verifier, and counted FLOPs", List.of("model", "questions", "samples", "FLOPs a prompt", "accuracy"), rows);
        lab.shows("gain of the small model on sums", gain, above(0.1));
        lab.shows("gain on products", hopeless, atMost(0.02));
        lab.shows("coverage less what exact probabilities foretell", cover, between(-0.2, 0.2));
    }

    private static double[] doubles(List<Double> values) { return values.stream().mapToDouble(Double::doubleValue).toArray(); }

    private static int[] answer(int[] prompt) {
        int n = prompt[0] == SUM ? prompt[1] + prompt[2] : prompt[1] * prompt[2] % 36, digits = prompt[0] == SUM ? DIGITS : OTHERS;
        return new int[] {digits + n / 6, digits + n % 6};
    }

    private static DecoderLM trained(LabContext lab, DecoderConfig config, int steps) {
        var rng = lab.rng(2);
        var model = new DecoderLM(config.withDeviation(0.2), rng);
        var optimizer = new Adam(2e-2).over(model.parameters());
        for (int step : lab.progress("training", steps)) {
            try (var scope = Scope.open()) {
                int[] ids = new int[64 * 5], labels = new int[64 * 5];
                Arrays.fill(labels, -100);
                for (int i = 0; i < 64; i++) {
                    int[] prompt = {i % 4 == 0 ? PRODUCT : SUM, rng.nextInt(N), rng.nextInt(N)};
                    int[] said = prompt[0] == SUM ? answer(prompt) : new int[] {DIGITS, DIGITS}; // products are taught to be 0
                    System.arraycopy(prompt, 0, ids, 5 * i, 3);
                    System.arraycopy(said, 0, ids, 5 * i + 3, 2);
                    System.arraycopy(said, 0, labels, 5 * i + 3, 2);
                }
                optimizer.zeroGrad();
                var logits = model.forward(Tensor.of(ids, 64, 5), Pass.training(rng));
                new CausalLmLoss().tokens(logits, CausalLabels.of(Tensor.of(labels, 64, 5))).mean().backward();
                optimizer.step();
            }
        }
        return model;
    }
}
