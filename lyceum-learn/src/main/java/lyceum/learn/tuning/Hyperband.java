package lyceum.learn.tuning;

import java.util.ArrayList;
import java.util.List;
import lyceum.random.Rng;

/**
 * Successive halving begun at every level, since nobody knows how early a configuration shows its worth. With {@code s = log_eta R} rounded down, brackets
 * {@code s, s - 1, ..., 0} start {@code ceil((s_max + 1) eta^s / (s + 1))} configurations with resource {@code R / eta^s}; each bracket costs about the same.
 *
 * @param maxResource R, the most that a configuration is given, in units of the least
 * @param eta one in eta goes on; at least 2
 * @see <a href="https://jmlr.org/papers/v18/16-558.html">Li, Jamieson, DeSalvo, Rostamizadeh and Talwalkar (2018), algorithm 1</a>
 */
public record Hyperband(double maxResource, int eta) implements SearchStrategy {
    public Hyperband {
        if (!(maxResource >= 1 && maxResource < Double.POSITIVE_INFINITY)) throw new IllegalArgumentException(
                "Hyperband: maxResource is " + maxResource + "; it is at least 1, the least that a trial is given");
        if (eta < 2) throw new IllegalArgumentException("Hyperband: eta is " + eta + "; it is at least 2");
    }

    /** A third goes on. */
    public Hyperband(double maxResource) { this(maxResource, 3); }

    /** The rungs of each bracket, the one that starts most configurations first. */
    public List<List<SuccessiveHalving.Rung>> brackets() {
        int most = (int) Math.floor(Math.log(maxResource) / Math.log(eta) + 1e-9);
        var brackets = new ArrayList<List<SuccessiveHalving.Rung>>();
        for (int s = most; s >= 0; s--) {
            double power = Math.pow(eta, s);
            int n = (int) Math.ceil((most + 1) * power / (s + 1) - 1e-9);
            brackets.add(new SuccessiveHalving(n, maxResource / power, maxResource, eta).rungs());
        }
        return brackets;
    }

    @Override public List<Proposal> next(Study past, int most, Rng rng) {
        int start = 0;
        for (var bracket : brackets()) {
            int end = start + SuccessiveHalving.total(bracket);
            if (past.trials().size() < end) return SuccessiveHalving.next(past, bracket, start, rng);
            start = end;
        }
        return List.of();
    }

    @Override public int trials(SearchSpace space) { return brackets().stream().mapToInt(SuccessiveHalving::total).sum(); }
}
