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
import lyceum.llm.DecoderLM;
import lyceum.llm.generate.CausalGenerator;
import lyceum.llm.generate.MeteredLM;
import lyceum.llm.generate.StopCriteria;
import lyceum.llm.generate.TestTimeScaling;
import lyceum.plot.Figure;

/** A small model that tries again and again and a larger one that answers at once, on sums that both half know and products that nobody taught. */
@Lab(topics = "test-time-compute", title = "Try again, or be larger")
final class TestTimeLab implements LabBody {
    @Override public void run(LabContext lab) {
        int steps = lab.param("training steps", 60, 10, 1000), most = lab.param("samples", 16, 2, 64),
                prompts = lab.param("prompts a bin", 60, 20, 200);
        BiPredicate<int[], Continuation> isRight = (prompt, c) -> Arrays.equals(c.ids(), Arithmetic.answer(prompt));
        var bins = new LinkedHashMap<String, List<int[]>>();
        for (int kind : new int[] {Arithmetic.SUM, Arithmetic.PRODUCT}) {
            var rng = lab.rng(kind);
            var some = new ArrayList<int[]>();
            for (int i = 0; i < prompts; i++) some.add(new int[] {kind, 2 + rng.nextInt(14), 2 + rng.nextInt(14)});
            bins.put(kind == Arithmetic.SUM ? "sums" : "products", some);
        }
        var models = new LinkedHashMap<String, DecoderLM>();
        models.put("small", Arithmetic.trained(16, steps, lab.rng(2), lab.progress()));
        models.put("large", Arithmetic.trained(32, steps, lab.rng(2), lab.progress()));
        var figure = Figure.plot("Accuracy against inference").logX().axes("FLOPs a prompt", "share answered rightly").describedAs(
                "Curves over the number of samples, one for each model and kind of question: on sums they rise, on products they stay at zero.");
        var rows = new ArrayList<List<?>>();
        double gain = 0, hopeless = 0, cover = 0;
        for (var model : models.entrySet()) {
            var meter = new MeteredLM(model.getValue());
            var generator = new CausalGenerator(meter).withStop(new StopCriteria(2));
            var scaling = new TestTimeScaling(generator,
                    (prompt, all) -> all.stream().mapToDouble(c -> isRight.test(prompt, c) ? 1 : 0).toArray(),
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
                    for (double[] logs : generator.scores(bin.getValue(), bin.getValue().stream().map(Arithmetic::answer).toList()))
                        foretold += TestTimeScaling.coverage(Math.exp(logs[0] + logs[1]), n) / prompts;
                    cover = accuracy.getLast() - foretold;
                }
            }
        }
        lab.figure(figure);
        lab.table("Samples, an exact verifier, and counted FLOPs", List.of("model", "questions", "samples", "FLOPs a prompt", "accuracy"),
                rows);
        lab.shows("gain of the small model on sums", gain, above(0.1));
        lab.shows("gain on products", hopeless, atMost(0.02));
        lab.shows("coverage less what exact probabilities foretell", cover, between(-0.2, 0.2));
    }

    private static double[] doubles(List<Double> values) { return values.stream().mapToDouble(Double::doubleValue).toArray(); }
}
