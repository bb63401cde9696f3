package lyceum.labs.stats;

import static lyceum.labs.Bounds.atMost;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.plot.Figure;
import lyceum.tensor.Tensor;
import lyceum.theory.DoubleDescent.FeatureMap;
import lyceum.theory.DoubleDescent.Sample;
import lyceum.theory.OverParameterization;

/** Students as wide as their teacher get stuck; a neuron or two more and none does. */
@Lab(topics = "over-parameterization", title = "A few spare neurons")
final class OverParameterizationLab implements LabBody {
    @Override public void run(LabContext lab) {
        int neurons = lab.param("teacherNeurons", 9, 6, 12), runs = lab.param("students", 20, 10, 100);

        var teacher = new OverParameterization(neurons).withStill(1e-5);
        double[] width = new double[4], stuck = new double[4];
        var rows = new ArrayList<List<?>>();
        var losses = Figure.plot("Where %d students of each width end".formatted(runs));
        for (int extra = 0; extra < 4; extra++) {
            var students = teacher.students(neurons + extra, runs, lab.rng(extra));
            width[extra] = neurons + extra;
            stuck[extra] = 100 * students.stuck();
            double[] ends = Arrays.stream(students.runs()).mapToDouble(r -> Math.max(r.loss(), 1e-3)).sorted().toArray();
            losses = losses.line("width " + (neurons + extra), Tensor.arange(1.0, runs + 1.0, 1.0).toDoubleArray(), ends);
            int steps = Arrays.stream(students.runs()).mapToInt(OverParameterization.Run::steps).max().orElseThrow();
            rows.add(List.of(neurons + extra, stuck[extra], ends[runs - 1], steps));
        }
        lab.figure(Figure.plot("Runs that get stuck, teacher of %d neurons".formatted(neurons)).line("stuck", width, stuck)
                .points("widths", width, stuck).axes("neurons of the student", "runs that end above 0.001 (%)").describedAs(
                        "Gradient descent on the exact loss: students as wide as their teacher often end in a bad minimum, wider ones do not."));
        lab.figure(losses.logY().axes("student, from the best to the worst", "loss at the end").describedAs(
                "Runs end either at the teacher (drawn at 0.001, where they are stopped) or on a few plateaus well above it."));
        lab.table("By width", List.of("width", "stuck (%)", "largest loss at the end", "steps of the longest run"), rows);
        lab.shows("share of runs stuck with three neurons to spare (%)", stuck[3], atMost(2));

        var rng = lab.rng(50);
        Tensor x = Tensor.randn(rng, DType.F64, 700, 8).compute(),
                y = x.matmul(Tensor.randn(rng, DType.F64, 8, 5)).relu().sum(1).add(Tensor.randn(rng, DType.F64, 700).mul(0.3)).compute();
        int[] samples = {25, 50, 100, 200}, parameters = {10, 25, 50, 100, 200, 400, 1_000};
        var map = OverParameterization.fits(FeatureMap.relu(3), new Sample(x.narrow(0, 0, 200), y.narrow(0, 0, 200)),
                new Sample(x.narrow(0, 200, 500), y.narrow(0, 200, 500)), samples, parameters);
        var plot = Figure.plot("Least-norm fits: error on unseen inputs");
        for (int i = 0; i < samples.length; i++)
            plot = plot.line(samples[i] + " samples", Arrays.stream(parameters).asDoubleStream().toArray(), map.test()[i]);
        lab.figure(plot.logX().logY().axes("parameters", "mean squared error").describedAs(
                "Each curve has its spike where parameters are as many as samples and falls beyond it: surplus is safer than a tight fit."));
        double train = 0;
        for (double[] seen : map.train()) train = Math.max(train, seen[6]);
        lab.shows("largest training error with 1,000 parameters", train, below(1e-10));
    }
}
