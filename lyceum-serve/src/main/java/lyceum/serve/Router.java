package lyceum.serve;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Which of several equal engines a request goes to. {@link Policy#PREFIX} remembers which beginnings went where, so that a request finds its beginning computed, unless that
 * engine has much more to do than another. Knows no engine. Safe for threads.
 */
public final class Router {
    /** How an engine is chosen. */
    public enum Policy {
        /** One after the other. */
        ROUND_ROBIN,
        /** That with the fewest ids to compute and write. */
        LEAST_LOADED,
        /** That which has seen the longest beginning, of those that are not much busier than the idlest; of equals the least loaded. */
        PREFIX
    }

    private final Policy policy;
    private final int page, memory;
    private final long imbalance;
    private final long[] load;
    private final Map<Long, Boolean>[] seen;
    private long turn;

    /**
     * @param engines how many
     * @param page ids whose beginnings are told apart: the engines' block size
     * @param imbalance ids of load by which an engine may exceed the idlest and still be chosen for what it has seen
     * @param memory pages remembered of each engine, the least recently used are forgotten; about its blocks
     */
    @SuppressWarnings("unchecked") public Router(int engines, Policy policy, int page, long imbalance, int memory) {
        if (engines < 1 || page < 1 || imbalance < 0 || memory < 1)
            throw new IllegalArgumentException("Router: " + engines + " engines, pages of " + page + ", an imbalance of " + imbalance
                    + " and a memory of " + memory + " pages; at least 1, 1, 0 and 1");
        this.policy = policy;
        this.page = page;
        this.imbalance = imbalance;
        this.memory = memory;
        load = new long[engines];
        seen = new Map[engines];
        for (int i = 0; i < engines; i++) seen[i] = new LinkedHashMap<>(16, 0.75f, true) {
            @Override protected boolean removeEldestEntry(Map.Entry<Long, Boolean> eldest) { return size() > Router.this.memory; }
        };
    }

    /**
     * Chooses an engine, and takes the request into its load until {@link #done}.
     *
     * @param cost ids to read and to write
     */
    public synchronized int route(String salt, int[] prompt, long cost) {
        int chosen = switch (policy) {
            case ROUND_ROBIN -> (int) (turn++ % load.length);
            case LEAST_LOADED -> idlest();
            case PREFIX -> deepest(salt, prompt);
        };
        load[chosen] += cost;
        long hash = salt.hashCode();
        for (int n = 0; (n + 1) * page <= prompt.length; n++) seen[chosen].put(hash = hash(hash, prompt, n), true);
        return chosen;
    }

    private int idlest() {
        int best = 0;
        for (int i = 1; i < load.length; i++) if (load[i] < load[best]) best = i;
        return best;
    }

    private int deepest(String salt, int[] prompt) {
        int idlest = idlest(), best = idlest, most = known(idlest, salt, prompt);
        for (int i = 0; i < load.length; i++) {
            if (load[i] > load[idlest] + imbalance) continue;
            int known = known(i, salt, prompt);
            if (known < most || known == most && load[i] >= load[best]) continue;
            best = i;
            most = known;
        }
        return best;
    }

    private int known(int engine, String salt, int[] prompt) {
        long hash = salt.hashCode();
        int n = 0;
        while ((n + 1) * page <= prompt.length && seen[engine].containsKey(hash = hash(hash, prompt, n))) n++;
        return n;
    }

    /** Of a beginning that is a page longer. A collision costs a wrong guess and nothing else. */
    private long hash(long before, int[] prompt, int n) {
        long hash = before;
        for (int i = n * page; i < (n + 1) * page; i++) hash = (hash ^ prompt[i]) * 0x9E3779B97F4A7C15L + Long.rotateLeft(hash, 29);
        return hash;
    }

    /** A request has ended. @param cost as it was routed with */
    public synchronized void done(int engine, long cost) { load[engine] -= cost; }

    /** Ids that an engine has still to do. */
    public synchronized long load(int engine) { return load[engine]; }
}
