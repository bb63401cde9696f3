package lyceum.nn;

import java.util.ArrayList;
import java.util.List;
import lyceum.tensor.Tensor;

/** Any modules as experts. One without tokens is not called: its gradient stays null. */
public final class ExpertList extends Module implements Experts {
    private final List<Module> experts;

    public ExpertList(List<? extends Module> experts) {
        if (experts.isEmpty()) throw new IllegalArgumentException("ExpertList: there is no expert");
        this.experts = List.copyOf(experts);
    }

    @Override public int count() { return experts.size(); }

    public List<Module> experts() { return experts; }

    /** All of x through each expert, one after the other: the mean is theirs. */
    @Override protected Tensor compute(Tensor x, Pass pass) {
        return Tensor.stack(0, experts.stream().map(e -> e.forward(x, pass)).toArray(Tensor[]::new)).mean(0, false);
    }

    @Override public Tensor forward(Tensor x, int[] counts, Pass pass) {
        var parts = new ArrayList<Tensor>();
        for (int e = 0, at = 0; e < counts.length; at += counts[e++])
            if (counts[e] > 0) parts.add(experts.get(e).forward(x.narrow(0, at, counts[e]), pass));
        return emit(x, parts.isEmpty() ? x : Tensor.concat(0, parts.toArray(Tensor[]::new)), pass);
    }
}
