package lyceum.train.peft;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import lyceum.nn.Module;
import lyceum.random.Rng;

/** A way to tune a frozen model: what is attached to which of its modules, and which of its own parameters are trained all the same. */
public sealed interface PeftMethod permits Lora, BottleneckAdapter, PrefixTuning, PromptTuning, Ia3, BitFit {
    /** Fresh adapters for a model; nothing is attached yet. @param name of the tuning, part of its parameters' names */
    List<Peft.Piece> pieces(Module model, String name, Rng rng);

    /** Names of the model's own parameters that are trained. */
    default List<String> tuned(Module model) { return List.of(); }

    /** Modules of a kind whose names, or the ends of their names after a dot, match one of the patterns ({@code *} is any text). */
    static List<Peft.Place> places(String method, Module model, List<String> targets, Predicate<Module> kind) {
        var found = new ArrayList<Peft.Place>();
        var names = new ArrayList<String>();
        for (var target : targets) {
            names.addAll(model.modules(target).keySet());
            names.addAll(model.modules("*." + target).keySet());
        }
        model.modules()
                .forEach((name, module) -> { if (names.contains(name) && kind.test(module)) found.add(new Peft.Place(name, module)); });
        if (found.isEmpty()) throw new IllegalArgumentException(
                method + ": no module that it can tune matches " + targets + "; there are " + model.modules().keySet());
        return found;
    }
}
