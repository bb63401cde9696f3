package lyceum.learn.tuning;

import java.util.ArrayList;
import java.util.List;
import lyceum.random.Rng;
import lyceum.withers.Withers;

/**
 * Many configurations for little, the best of them for more: {@code floor(n / eta^i)} configurations have resource {@code r eta^i} in rung i, until the resource
 * is {@code R}.
 *
 * @param configurations n, drawn at random for the first rung
 * @param minResource r
 * @param maxResource R, reached by the last rung
 * @param eta one in eta goes on; at least 2
 * @see <a href="https://proceedings.mlr.press/v51/jamieson16.html">Jamieson and Talwalkar (2016)</a>
 */
@Withers
public record SuccessiveHalving(int configurations, double minResource, double maxResource, int eta)
        implements SuccessiveHalvingWithers, SearchStrategy {
    public SuccessiveHalving {
        if (configurations < 1)
            throw new IllegalArgumentException("SuccessiveHalving: " + configurations + " configurations; at least 1 is needed");
        if (!(minResource > 0 && minResource <= maxResource && maxResource < Double.POSITIVE_INFINITY)) throw new IllegalArgumentException(
                "SuccessiveHalving: resources from " + minResource + " to " + maxResource + "; they are positive and rise");
        if (eta < 2) throw new IllegalArgumentException("SuccessiveHalving: eta is " + eta + "; it is at least 2");
    }

    /** Three times as much for the best third. */
    public SuccessiveHalving(int configurations, double minResource, double maxResource) {
        this(configurations, minResource, maxResource, 3);
    }

    /** How many configurations have how much resource. */
    public record Rung(int configurations, double resource) {}

    /** The rungs in order; they end where no configuration is left or the resource is R. */
    public List<Rung> rungs() {
        var rungs = new ArrayList<Rung>();
        double divisor = 1;
        for (double resource = minResource; resource <= maxResource * (1 + 1e-9); resource *= eta, divisor *= eta) {
            int n = (int) Math.floor(configurations / divisor + 1e-9);
            if (n == 0) break;
            rungs.add(new Rung(n, Math.min(resource, maxResource)));
        }
        return rungs;
    }

    @Override public List<Proposal> next(Study past, int most, Rng rng) { return next(past, rungs(), 0, rng); }

    /** The next rung of these, which began at trial {@code start}; empty if all are done. */
    static List<Proposal> next(Study past, List<Rung> rungs, int start, Rng rng) {
        int from = start, before = start;
        for (int i = 0; i < rungs.size(); i++) {
            var rung = rungs.get(i);
            if (past.trials().size() > from) {
                before = from;
                from += rung.configurations;
                continue;
            }
            var next = new ArrayList<Proposal>();
            var draws = rng.split(past.trials().size());
            if (i == 0) for (int c = 0; c < rung.configurations; c++) next.add(new Proposal(past.space().draw(draws), rung.resource, -1));
            else past.trials().subList(before, from).stream().sorted(past.byValue()).limit(rung.configurations)
                    .forEach(t -> next.add(new Proposal(t.configuration(), rung.resource, t.number())));
            return next;
        }
        return List.of();
    }

    @Override public int trials(SearchSpace space) { return total(rungs()); }

    static int total(List<Rung> rungs) { return rungs.stream().mapToInt(Rung::configurations).sum(); }
}
