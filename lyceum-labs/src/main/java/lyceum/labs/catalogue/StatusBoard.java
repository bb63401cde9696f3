package lyceum.labs.catalogue;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Predicate;
import lyceum.labs.run.LabClass;

/**
 * How far every topic has come, derived from three things: its clauses (catalogue), its article and lab, and its checks
 * (ledger). A clause fails when any of its checks failed when it last ran.
 */
public final class StatusBoard {

    private final Catalogue catalogue;
    private final Map<String, TopicStatus> statuses = new LinkedHashMap<>();

    private StatusBoard(Catalogue catalogue, Ledger ledger, Function<String, Optional<Article>> articles) {
        this.catalogue = catalogue;
        for (var topic : catalogue.topics()) {
            statuses.put(topic.slug(), derive(topic, ledger.of(topic.slug()), articles.apply(topic.slug())));
        }
    }

    /** The board of what Lyceum ships. */
    public static StatusBoard load() { return of(Catalogue.load(), Ledger.load(), Article::find); }

    /** A board of these. */
    public static StatusBoard of(Catalogue catalogue, Ledger ledger, Function<String, Optional<Article>> articles) {
        return new StatusBoard(catalogue, ledger, articles);
    }

    private static TopicStatus derive(Topic topic, List<LedgerEntry> checks, Optional<Article> article) {
        var missing = new ArrayList<Integer>();
        var failing = new ArrayList<Integer>();
        for (int clause = 1; clause <= topic.clauses().size(); clause++) {
            int number = clause;
            var about = checks.stream().filter(e -> e.clause() == number).toList();
            if (about.isEmpty()) {
                missing.add(number);
            } else if (!about.stream().allMatch(LedgerEntry::holds)) {
                failing.add(number);
            }
        }
        boolean lab = article.flatMap(Article::lab).filter(LabClass::isThere).isPresent();
        boolean whole = article.isPresent() && lab && missing.isEmpty() && failing.isEmpty();
        boolean nothing = !lab && checks.isEmpty();
        var status = whole ? Status.WORKS : nothing ? Status.PLANNED : Status.PARTIAL;
        return new TopicStatus(topic, status, missing, failing, article.isPresent(), lab, checks,
                article.map(Article::amendments).orElse(List.of()));
    }

    /**
     * How far a topic has come.
     *
     * @throws UnknownTopicException for a slug that names none
     */
    public TopicStatus of(String slug) { return statuses.get(catalogue.bySlug(slug).slug()); }

    /** Every topic's, by number. */
    public List<TopicStatus> all() { return List.copyOf(statuses.values()); }

    /** The topics that work with a clause amended, by number. */
    public List<TopicStatus> amended() {
        return statuses.values().stream().filter(s -> s.status() == Status.WORKS && !s.amended().isEmpty()).toList();
    }

    /** How many topics have come how far. */
    public Map<Status, Integer> counts() { return counts(s -> true); }

    /** How many of some topics have come how far. */
    public Map<Status, Integer> counts(Predicate<Topic> which) {
        var counts = new EnumMap<Status, Integer>(Status.class);
        for (var status : Status.values()) {
            counts.put(status, 0);
        }
        statuses.values().stream().filter(s -> which.test(s.topic())).forEach(s -> counts.merge(s.status(), 1, Integer::sum));
        return counts;
    }

    /** How many topics of each group, such as {@code Topic::area}, have come how far; groups in alphabetical order. */
    public Map<String, Map<Status, Integer>> countsBy(Function<Topic, String> group) {
        var groups = new TreeMap<String, Map<Status, Integer>>();
        for (var topic : catalogue.topics()) {
            groups.computeIfAbsent(group.apply(topic), g -> counts(t -> group.apply(t).equals(g)));
        }
        return groups;
    }
}
