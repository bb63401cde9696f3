package lyceum.learn.tuning;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import lyceum.random.Rng;

/**
 * All combinations: every choice, every integer of a short range, and evenly spaced numbers of the others, the last parameter changing fastest. Combinations
 * that differ only in what does not apply are tried once.
 *
 * @param points values of a number's range, at least 1
 */
public record GridSearch(int points) implements SearchStrategy {
    private static final int MOST = 1_000_000;

    public GridSearch {
        if (points < 1) throw new IllegalArgumentException("GridSearch: " + points + " points; at least 1 is needed");
    }

    /** For spaces of choices; of numbers, five values each. */
    public GridSearch() { this(5); }

    /** The combinations in order. */
    public List<Configuration> configurations(SearchSpace space) {
        var all = new LinkedHashSet<Configuration>();
        add(space, 0, new LinkedHashMap<>(), all);
        return List.copyOf(all);
    }

    private void add(SearchSpace space, int p, LinkedHashMap<String, Object> values, LinkedHashSet<Configuration> all) {
        if (p == space.size()) {
            if (all.size() == MOST) throw new IllegalArgumentException("GridSearch: more than " + MOST + " combinations; search at random");
            all.add(new Configuration(values));
            return;
        }
        var parameter = space.parameters().get(p);
        if (!SearchSpace.applies(parameter, values)) {
            add(space, p + 1, values, all);
            return;
        }
        for (var value : parameter.grid(points)) {
            values.put(parameter.name(), value);
            add(space, p + 1, values, all);
        }
        values.remove(parameter.name());
    }

    @Override public List<Proposal> next(Study past, int most, Rng rng) {
        var all = configurations(past.space());
        var next = new ArrayList<Proposal>();
        for (int i = past.trials().size(); i < all.size() && next.size() < most; i++) next.add(Proposal.of(all.get(i)));
        return next;
    }

    @Override public int trials(SearchSpace space) { return configurations(space).size(); }
}
