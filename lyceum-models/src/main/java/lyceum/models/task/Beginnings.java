package lyceum.models.task;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import lyceum.nn.Module;
import lyceum.train.task.TrainingSettings;

/** First weights of a network that goes on from another. */
final class Beginnings {
    private Beginnings() {}

    /**
     * Takes each tensor of the same name and shape; the others stay as they are. Where there are as many classes of other names, the head is not taken either: it is
     * what has another shape in a network of more classes.
     *
     * @param learned names of the classes of before @param classes those of now
     * @param wider the network of more classes
     * @return how many, and what begins anew
     */
    static List<String> taken(Module before, Module now, Path from, List<String> learned, List<String> classes, Supplier<Module> wider) {
        boolean others = learned.size() == classes.size() && !learned.equals(classes);
        var told = new ArrayList<String>();
        told.add(taken(before, now, others ? differing(now, wider.get()) : Set.of()) + from);
        if (others) told.add("the head begins anew: the classes are " + TrainingSettings.listed(classes) + ", and it has learned "
                + TrainingSettings.listed(learned));
        return told;
    }

    private static String taken(Module before, Module now, Set<String> anew) {
        var was = before.state();
        var values = now.state();
        int same = 0;
        for (var one : values.entrySet()) {
            var old = was.get(one.getKey());
            if (old == null || anew.contains(one.getKey()) || !old.shape().equals(one.getValue().shape())) continue;
            one.setValue(old);
            same++;
        }
        now.load(values);
        return same + " of " + values.size() + " tensors begin as they are in ";
    }

    /** Names of tensors that have another shape in another network of the kind. */
    private static Set<String> differing(Module one, Module other) {
        var names = new HashSet<String>();
        var shapes = other.state();
        one.state().forEach((name, x) -> {
            if (!shapes.containsKey(name) || !shapes.get(name).shape().equals(x.shape())) names.add(name);
        });
        return names;
    }
}
