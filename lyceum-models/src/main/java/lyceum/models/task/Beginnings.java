package lyceum.models.task;

import lyceum.nn.Module;

/** First weights of a network that goes on from another. */
final class Beginnings {
    private Beginnings() {}

    /** Takes each tensor of the same name and shape; the others stay as they are. Says how many, in words that the place follows. */
    static String taken(Module before, Module now) {
        var was = before.state();
        var values = now.state();
        int same = 0;
        for (var one : values.entrySet()) {
            var old = was.get(one.getKey());
            if (old == null || !old.shape().equals(one.getValue().shape())) continue;
            one.setValue(old);
            same++;
        }
        now.load(values);
        return same + " of " + values.size() + " tensors begin as they are in ";
    }
}
