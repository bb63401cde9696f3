package lyceum.nn;

import java.util.ArrayList;
import java.util.List;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.random.Rng;
import lyceum.tensor.Index;
import lyceum.tensor.Tensor;

/**
 * Units that never fire on a data set, and two ways to bring them back.
 *
 * {@snippet :
 * var dead = DeadUnits.find(network, List.of(x));
 * if (dead.share() > 0.1) dead.reinitialise(network, Init.heUniform(), rng);
 * var patient = DeadUnits.leaking(network, 0.01);      // the same parameters behind leaky ReLUs
 * }
 *
 * <p>A ReLU unit whose input is negative for every row has gradient zero for every row and cannot learn its way back.
 *
 * @param layers for each activation of the network in order, the numbers of its dead units, ascending
 * @param units units in all
 * @see <a href="https://arxiv.org/abs/2302.12902">Sokar, Agarwal, Castro and Evci (2023), for re-initialising</a>
 */
public record DeadUnits(List<int[]> layers, int units) {

    /** Over the whole data set, in batches of any size. @throws IllegalArgumentException if an activation is NaN */
    public static DeadUnits find(Layer network, Iterable<Tensor> batches) {
        var report = ActivationReport.of(network, batches);
        return new DeadUnits(report.layers().stream().map(ActivationReport.LayerReport::dead).toList(),
                report.layers().stream().mapToInt(ActivationReport.LayerReport::units).sum());
    }

    /** How many are dead. */
    public int count() { return layers.stream().mapToInt(l -> l.length).sum(); }

    /** Dead units over units. */
    public double share() { return (double) count() / units; }

    /** {@link #reinitialise(List, Init, Rng)} of the linear layers of a sequence. */
    public void reinitialise(Sequential network, Init init, Rng rng) {
        var linear = new ArrayList<Linear>();
        for (var layer : network.layers()) if (layer instanceof Linear l) linear.add(l);
        reinitialise(linear, init, rng);
    }

    /**
     * Draws new incoming weights for each dead unit, sets its bias to zero and its outgoing weights to zero: what the network computes does
     * not change, and the unit learns again.
     *
     * @param linear the layers before the first activation, before the second, ...; the one after the last may follow
     * @throws ShapeException if a dead unit has no row in its layer
     */
    public void reinitialise(List<Linear> linear, Init init, Rng rng) {
        if (linear.size() < layers.size())
            throw new ShapeException("reinitialise: " + linear.size() + " linear layers for " + layers.size() + " activations");
        Autograd.noGrad(() -> {
            for (int l = 0; l < layers.size(); l++) {
                if (layers.get(l).length == 0) continue;
                var weight = linear.get(l).weight();
                var fresh = init.sample(rng, weight.dtype(), weight.shape().toArray());
                for (int unit : layers.get(l)) {
                    if (unit >= weight.size(0)) throw new ShapeException(
                            "reinitialise: unit " + unit + " of activation " + l + " has no row in a weight of shape " + weight.shape());
                    weight.set_(fresh.get(unit), Index.at(unit));
                    if (linear.get(l).bias() != null) linear.get(l).bias().set_(0, Index.at(unit));
                    if (l + 1 < linear.size()) linear.get(l + 1).weight().set_(0, Index.all(), Index.at(unit));
                }
            }
        });
    }

    /** The same sequence with every ReLU replaced by a leaky one; parameters are shared, not copied. */
    public static Sequential leaking(Sequential network, double slope) {
        return new Sequential(network.layers().stream().map(l -> l == Activation.RELU ? Activation.leakyRelu(slope) : l).toList());
    }
}
