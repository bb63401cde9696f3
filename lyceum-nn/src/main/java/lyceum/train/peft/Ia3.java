package lyceum.train.peft;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import lyceum.nn.Adapter;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Learned gains: what a layer gives is multiplied by a vector that begins at one; for the second layer of a feed-forward network it is what goes in.
 * A model of L blocks, with keys and values of width k and h hidden units, has {@code L (2 k + h)} of them.
 *
 * @param targets linear layers whose outputs are scaled, by name or its end
 * @param feedForward linear layers whose inputs are scaled
 * @see <a href="https://arxiv.org/abs/2205.05638">Liu et al. (2022)</a>
 */
@Withers
public record Ia3(List<String> targets, List<String> feedForward) implements PeftMethod, Ia3Withers {
    public Ia3 {
        targets = List.copyOf(targets);
        feedForward = List.copyOf(feedForward);
    }

    /** Keys, values and what goes into {@code fc2}. */
    public Ia3() { this(List.of("k_proj", "v_proj"), List.of("fc2")); }

    @Override public List<Peft.Piece> pieces(Module model, String name, Rng rng) {
        var pieces = new ArrayList<Peft.Piece>();
        if (!targets.isEmpty()) add(pieces, model, targets, name, false);
        if (!feedForward.isEmpty()) add(pieces, model, feedForward, name, true);
        return pieces;
    }

    private static void add(List<Peft.Piece> pieces, Module model, List<String> targets, String name, boolean input) {
        for (var place : PeftMethod.places("Ia3", model, targets, m -> m instanceof Linear)) {
            var weight = ((Linear) place.module()).weight();
            pieces.add(new Peft.Piece(place.name(), place.module(), new Gain(name,
                    input ? Tensor.ones(weight.dtype(), 1, weight.size(1)) : Tensor.ones(weight.dtype(), weight.size(0), 1), input)));
        }
    }

    private static final class Gain extends Module implements Adapter {
        private final Map<String, Module> ia3_l;
        private final boolean input;

        Gain(String name, Tensor ones, boolean input) {
            ia3_l = Map.of(name, new Held(ones));
            this.input = input;
        }

        @Override protected Tensor compute(Tensor x, Pass pass) {
            return x.mul(((Held) ia3_l.values().iterator().next()).weight().flatten());
        }

        @Override public Tensor enter(Tensor x, Pass pass) { return input ? forward(x, pass) : x; }

        @Override public Tensor adapt(Tensor x, Tensor y, Pass pass) { return input ? y : forward(y, pass); }
    }
}
