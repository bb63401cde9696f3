package lyceum.labs.models;

import static lyceum.labs.Bounds.above;
import static lyceum.labs.Bounds.below;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.data.Datasets;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.models.generative.Rbm;
import lyceum.optim.Sgd;
import lyceum.plot.Figure;
import lyceum.plot.Image;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.train.Trainer;

/** Bars and stripes, where the likelihood can be counted out, and digits, where the filters can be looked at. */
@Lab(topics = "rbm", title = "The error falls, the likelihood climbs, and they are not the same")
final class RbmLab implements LabBody {
    @Override public void run(LabContext lab) {
        int hidden = lab.param("hidden", 16, 2, 20), sweeps = lab.param("sweeps", 10, 1, 50), steps = lab.param("steps", 1500, 100, 10_000),
                filters = lab.param("filters", 16, 4, 64), epochs = lab.param("epochs on digits", 1, 1, 20);
        var x = barsAndStripes();
        var rng = lab.rng(1);
        var rbm = new Rbm(9, hidden, Rbm.Visible.BERNOULLI, DType.F64, rng);
        lab.check(1, "sum of exp(-F) over Z from all energies, off 1", partitionGap(lab.rng(5)), below(1e-10));
        var run = new Trainer(new Sgd(0.1).withMomentum(0.5), steps).withBatchSize(14).start(rbm, 14, rbm.contrast(x, sweeps, 0), null,
                rng);
        int every = Math.max(1, steps / 50);
        var at = new ArrayList<Double>();
        var likelihoods = new ArrayList<Double>();
        var errors = new ArrayList<Double>();
        for (int step : lab.progress("steps", steps)) {
            if (step % every == 0) {
                at.add((double) step);
                likelihoods.add(likelihood(rbm, x));
                errors.add(rbm.visible(rbm.hidden(x)).sub(x).square().mean().item());
            }
            run.step();
        }
        double last = likelihood(rbm, x);
        double[] time = values(at);
        lab.figure(Figure.plot("Mean log-likelihood of the 14 patterns").line("machine", time, values(likelihoods))
                .line("ceiling, -ln 14", time, constant(time.length, -Math.log(14))).axes("step", "nats")
                .describedAs("It climbs from the value of coin flips towards the ceiling."));
        lab.figure(Figure.line("Reconstruction error", time, values(errors)).axes("step", "squared error a pixel")
                .describedAs("It falls from the start on, whatever the likelihood does meanwhile."));
        lab.say("From %.2f to %.2f nats; the best any model can do is %.2f.", likelihoods.getFirst(), last, -Math.log(14));
        boolean usual = hidden >= 16 && sweeps >= 10 && steps >= 1500;
        lab.shows("mean log-likelihood", last, above(usual ? -3.5 : -7));
        var estimate = rbm.annealed(200, 300, lab.rng(2));
        lab.shows("annealed importance sampling, off ln Z", Math.abs(estimate.mean() - rbm.logPartition()), below(1));

        var digits = Datasets.digits().x().to(DType.F32).div(16).compute();
        var seen = new Rbm(64, filters, Rbm.Visible.BERNOULLI, DType.F32, lab.rng(3));
        new Trainer(new Sgd(0.06), epochs).withBatchSize(10)
                .start(seen, (int) digits.size(0), seen.contrast(digits, 1, 10), null, lab.rng(4)).finish(lab.progress());
        var pictures = new ArrayList<Image>();
        for (int i = 0; i < Math.min(16, filters); i++) {
            var filter = seen.weight().detach().get(i).reshape(8, 8);
            double most = Math.max(1e-9, filter.abs().max().item());
            pictures.add(Image.gray("unit " + (i + 1), filter.div(2 * most).add(0.5)));
        }
        lab.figure(Figure.images("What hidden units look for in digits", 8, pictures).pixels(0, 1)
                .describedAs("Weights of units as pictures: bright where ink switches a unit on, dark where it switches it off."));
    }

    private static double likelihood(Rbm rbm, Tensor x) { return rbm.logProbability(x, rbm.logPartition()).mean().item(); }

    private static double[] values(ArrayList<Double> list) { return list.stream().mapToDouble(v -> v).toArray(); }

    private static double[] constant(int n, double value) {
        var all = new double[n];
        Arrays.fill(all, value);
        return all;
    }

    private static Tensor barsAndStripes() {
        var seen = new TreeSet<Integer>();
        for (int s = 0; s < 16; s++) {
            int picture = 0;
            for (int i = 0; i < 9; i++) picture |= (s % 8 >> (s < 8 ? i / 3 : i % 3) & 1) << i;
            seen.add(picture);
        }
        return bits(9, seen.stream().mapToInt(i -> i).toArray());
    }

    /** Of a machine of 6 visible and 4 hidden units with drawn parameters: exp(-F) summed against exp(-E) of all 1,024 joint states. */
    private static double partitionGap(Rng rng) {
        var rbm = new Rbm(6, 4, Rbm.Visible.BERNOULLI, DType.F64, rng);
        rbm.load(Map.of("weight", Tensor.randn(rng, DType.F64, 4, 6), "visible_bias", Tensor.randn(rng, DType.F64, 6), "hidden_bias",
                Tensor.randn(rng, DType.F64, 4)));
        double[] w = rbm.weight().toDoubleArray(), a = rbm.visibleBias().toDoubleArray(), b = rbm.hiddenBias().toDoubleArray();
        double z = 0, free = 0;
        for (int v = 0; v < 64; v++) for (int h = 0; h < 16; h++) {
            double energy = 0;
            for (int i = 0; i < 6; i++) energy -= (v >> i & 1) * a[i];
            for (int j = 0; j < 4; j++) energy -= (h >> j & 1) * b[j];
            for (int j = 0; j < 4; j++) for (int i = 0; i < 6; i++) energy -= (h >> j & 1) * (v >> i & 1) * w[j * 6 + i];
            z += Math.exp(-energy);
        }
        for (double f : rbm.freeEnergy(bits(6, IntStream.range(0, 64).toArray())).toDoubleArray()) free += Math.exp(-f);
        return Math.abs(free / z - 1);
    }

    private static Tensor bits(int width, int... numbers) {
        var x = new double[numbers.length * width];
        for (int i = 0; i < x.length; i++) x[i] = numbers[i / width] >> i % width & 1;
        return Tensor.of(x, numbers.length, width);
    }
}
