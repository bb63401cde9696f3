package lyceum.train.peft;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import lyceum.nn.Module;
import lyceum.random.Rng;
import lyceum.withers.Withers;

/**
 * Trains the biases that a model has, and nothing else.
 *
 * @param targets modules by name, or its end, whose own biases are trained
 * @see <a href="https://arxiv.org/abs/2106.10199">Ben Zaken, Ravfogel and Goldberg (2022)</a>
 */
@Withers
public record BitFit(List<String> targets) implements PeftMethod, BitFitWithers {
    public BitFit { targets = List.copyOf(targets); }

    /** All biases. */
    public BitFit() { this(List.of("*")); }

    @Override public List<Peft.Piece> pieces(Module model, String name, Rng rng) { return List.of(); }

    @Override public List<String> tuned(Module model) {
        var own = model.state().keySet();
        var names = new LinkedHashSet<String>();
        for (var place : PeftMethod.places("BitFit", model, targets, m -> true)) {
            var bias = place.name().isEmpty() ? "bias" : place.name() + ".bias";
            if (own.contains(bias)) names.add(bias);
        }
        if (names.isEmpty()) throw new IllegalArgumentException("BitFit: the modules that match " + targets + " have no bias");
        return new ArrayList<>(names);
    }
}
