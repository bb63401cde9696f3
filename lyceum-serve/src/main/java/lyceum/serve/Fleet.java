package lyceum.serve;

import java.util.List;

/**
 * Several engines of one model behind a {@link Router}.
 *
 * {@snippet :
 * var router = new Router(2, Router.Policy.PREFIX, 16, 2000, 512);
 * try (var fleet = new Fleet(List.of(first, second), router)) {
 *     var reply = fleet.submit(Request.greedy(prompt, 50));
 * }
 * }
 */
public final class Fleet implements AutoCloseable {
    private final List<Engine> engines;
    private final Router router;

    /** @param router of as many engines */
    public Fleet(List<Engine> engines, Router router) {
        this.engines = List.copyOf(engines);
        this.router = router;
    }

    public List<Engine> engines() { return engines; }

    /** Takes a request, as {@link Engine#submit}. */
    public Reply submit(Request request) {
        long cost = (long) request.prompt().length + request.stop().most();
        int chosen = router.route(request.salt() + '\n' + request.adapter(), request.prompt(), cost);
        try {
            var reply = engines.get(chosen).submit(request);
            reply.future().whenComplete((_, _) -> router.done(chosen, cost));
            return reply;
        } catch (RuntimeException e) {
            router.done(chosen, cost);
            throw e;
        }
    }

    /** Positions that were known over those that were known or computed. */
    public double hitRate() {
        long known = engines.stream().mapToLong(e -> e.metrics().reusedTokens()).sum();
        long computed = engines.stream().mapToLong(e -> e.metrics().computedTokens()).sum();
        return known + computed == 0 ? 0 : (double) known / (known + computed);
    }

    @Override public void close() { engines.forEach(Engine::close); }
}
