package lyceum.optim;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import lyceum.FormatException;
import lyceum.LyceumException;
import lyceum.autograd.Autograd;
import lyceum.tensor.Tensor;

/** {@link Kfac} at work on layers: turns gradients into directions. Made by {@link Kfac#over}. Not for use by several threads at once. */
public final class KfacPreconditioner {
    private final Kfac kfac;
    private final List<KfacLayer> layers;
    private long steps;

    KfacPreconditioner(Kfac kfac, List<KfacLayer> layers) {
        if (layers.isEmpty()) throw new IllegalArgumentException("Kfac: there are no layers");
        this.kfac = kfac;
        this.layers = List.copyOf(layers);
    }

    /** Steps taken. */
    public long steps() { return steps; }

    /**
     * What to give {@link Optimizer#step(Tensor...)} in place of the gradients that {@code backward()} has collected: {@code S^-1 G A^-1} for
     * parameters of the layers, the gradient itself for others, null where there is none. Takes in the layers' observations first.
     *
     * @param parameters in the optimiser's order
     * @param rate the learning rate of the coming step, for the bound on its length
     * @throws LyceumException if a layer has observed nothing, or a factor is singular and not damped
     */
    public Tensor[] directions(List<Tensor> parameters, double rate) {
        return Autograd.noGrad(() -> {
            var directions = parameters.stream().map(Tensor::grad).toArray(Tensor[]::new);
            double slope = 0;
            for (var layer : layers) {
                layer.observe(kfac.decay());
                if (steps % kfac.refreshEvery() == 0) layer.invert(kfac.damping());
                int weight = index(parameters, layer.weight()), bias = layer.bias() == null ? -1 : index(parameters, layer.bias());
                var found = layer.direction(directions[weight], bias < 0 ? null : directions[bias]);
                slope += slope(directions, weight, found[0]);
                if (bias >= 0) slope += slope(directions, bias, found[1]);
            }
            steps++;
            // A step of -rate d changes the model by rate^2 d'Fd / 2 in KL divergence, and F d is the gradient.
            double kl = rate * rate * slope / 2;
            if (kfac.klClip() == 0 || kl <= kfac.klClip()) return directions;
            double scale = Math.sqrt(kfac.klClip() / kl);
            for (var layer : layers) {
                scale(directions, index(parameters, layer.weight()), scale);
                if (layer.bias() != null) scale(directions, index(parameters, layer.bias()), scale);
            }
            return directions;
        });
    }

    /** Puts the direction in the gradient's place; returns their product. */
    private static double slope(Tensor[] directions, int i, Tensor direction) {
        double product = directions[i].mul(direction).sum().item();
        directions[i] = direction;
        return product;
    }

    private static void scale(Tensor[] directions, int i, double scale) { directions[i] = directions[i].mul(scale); }

    private static int index(List<Tensor> parameters, Tensor wanted) {
        for (int i = 0; i < parameters.size(); i++) {
            if (parameters.get(i) != wanted) continue;
            if (wanted.grad() == null)
                throw new LyceumException("Kfac: the parameter of shape " + wanted.shape() + " has no gradient; call backward() first");
            return i;
        }
        throw new IllegalArgumentException("Kfac: a layer's parameter of shape " + wanted.shape() + " is not among those of the step");
    }

    /** All that a later run needs, for {@link lyceum.format.Safetensors}: "steps", and for each layer "0.input", "0.output", ... */
    public SequencedMap<String, Tensor> state() {
        var state = new LinkedHashMap<String, Tensor>();
        state.put("steps", Tensor.of(steps));
        for (int i = 0; i < layers.size(); i++) layers.get(i).save(i + ".", state);
        return state;
    }

    /** Takes over a {@link #state()} of the same layers. @throws FormatException if it belongs to others; nothing is changed then */
    public void restore(SequencedMap<String, Tensor> state) {
        if (!state.containsKey("steps")) throw new FormatException("Kfac: the state has no number of steps");
        long taken = state.get("steps").toLongArray()[0];
        if (taken > 0) for (int i = 0; i < layers.size(); i++) layers.get(i).check(i + ".", state);
        steps = taken;
        if (taken > 0) for (int i = 0; i < layers.size(); i++) layers.get(i).restore(i + ".", state);
    }
}
