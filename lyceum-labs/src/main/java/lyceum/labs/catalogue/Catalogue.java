package lyceum.labs.catalogue;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import lyceum.text.compare.EditDistance;

/** All topics, by number. Immutable, safe between threads. */
public final class Catalogue {

    private static final String FOLDER = "/lyceum/labs/catalogue";

    private final List<Topic> topics;
    private final Map<String, Topic> bySlug = new LinkedHashMap<>();
    private final Map<String, List<Topic>> byArea = new TreeMap<>();

    private Catalogue(Collection<Topic> topics) {
        this.topics = topics.stream().sorted(Comparator.comparingInt(Topic::number)).toList();
        for (var topic : this.topics) {
            if (bySlug.putIfAbsent(topic.slug(), topic) != null) {
                throw new IllegalArgumentException("two topics are called " + topic.slug());
            }
            byArea.computeIfAbsent(topic.area(), a -> new ArrayList<>()).add(topic);
        }
    }

    /** Reads the catalogue that Lyceum ships. */
    public static Catalogue load() { return Prepared.topics().map(Catalogue::of).orElseGet(Catalogue::source); }

    /** The catalogue as people edit it. */
    static Catalogue source() {
        var topics = ModuleFiles.read(FOLDER, Topic[].class);
        if (topics.isEmpty()) throw new IllegalStateException("the catalogue " + FOLDER + " is not on the class path");
        return of(topics);
    }

    /**
     * A catalogue of these topics.
     *
     * @throws IllegalArgumentException if two have one slug
     */
    public static Catalogue of(Collection<Topic> topics) { return new Catalogue(topics); }

    /** Every topic, by number. */
    public List<Topic> topics() { return topics; }

    /** The topic of a slug, if there is one. */
    public Optional<Topic> find(String slug) { return Optional.ofNullable(bySlug.get(slug)); }

    /**
     * The topic of a slug.
     *
     * @throws UnknownTopicException with the three nearest slugs
     */
    public Topic bySlug(String slug) { return find(slug).orElseThrow(() -> new UnknownTopicException(slug, nearest(slug, 3))); }

    /** Topics by area, areas in alphabetical order. */
    public Map<String, List<Topic>> byArea() { return Collections.unmodifiableMap(byArea); }

    /** Topics that need this one directly, by number. */
    public List<Topic> neededBy(String slug) { return topics.stream().filter(t -> t.needs().contains(slug)).toList(); }

    /**
     * What to read, in order, to arrive at {@code goal}: every topic that it needs, directly or not, each after what it needs
     * itself, and {@code goal} last. Nothing stands in it that the goal does not need. Of several needs the shallowest comes
     * first, and each is followed down to its own beginnings before the next.
     */
    public List<Topic> path(String goal) { return path(goal, Set.of()); }

    /** As {@link #path(String)}, without {@code known} topics and what only they need. */
    public List<Topic> path(String goal, Set<String> known) {
        var ordered = new LinkedHashSet<Topic>();
        visit(bySlug(goal), known, ordered, new HashSet<>());
        return List.copyOf(ordered);
    }

    private void visit(Topic topic, Set<String> known, Set<Topic> ordered, Set<String> open) {
        if (known.contains(topic.slug()) || ordered.contains(topic)) return;
        if (!open.add(topic.slug())) throw new IllegalStateException(topic.slug() + " needs itself, through " + open);
        topic.needs().stream().map(this::bySlug)
                .sorted(Comparator.comparingInt((Topic t) -> depth(t.slug())).thenComparingInt(Topic::number))
                .forEach(need -> visit(need, known, ordered, open));
        open.remove(topic.slug());
        ordered.add(topic);
    }

    /** The longest chain of needs below a topic; 0 for one that needs nothing. */
    public int depth(String slug) { return depths().get(slug); }

    private volatile Map<String, Integer> depths;

    private Map<String, Integer> depths() {
        if (depths == null) {
            var found = new LinkedHashMap<String, Integer>();
            topics.forEach(t -> depthOf(t, found));
            depths = found;
        }
        return depths;
    }

    private int depthOf(Topic topic, Map<String, Integer> found) {
        var known = found.get(topic.slug());
        if (known != null) {
            if (known < 0) throw new IllegalStateException(topic.slug() + " needs itself");
            return known;
        }
        found.put(topic.slug(), -1);
        int depth = 0;
        for (var need : topic.needs()) {
            depth = Math.max(depth, 1 + depthOf(bySlug(need), found));
        }
        found.put(topic.slug(), depth);
        return depth;
    }

    /** Letters of a wrong name that are compared: no topic's name is longer, and what is typed may be as long as it likes. */
    private static final int LONGEST = 72;

    private record Near(Topic topic, double distance) {}

    /** The slugs most like the beginning of {@code wrong} by edit distance to slug, title or alias, nearest first. */
    public List<String> nearest(String wrong, int count) {
        var key = wrong.substring(0, Math.min(LONGEST, wrong.length())).toLowerCase(Locale.ROOT);
        return topics.stream().map(t -> new Near(t, distance(key, t)))
                .sorted(Comparator.comparingDouble(Near::distance).thenComparingInt(near -> near.topic().number())).limit(count)
                .map(near -> near.topic().slug()).toList();
    }

    private static double distance(String key, Topic topic) {
        double best = relative(key, topic.slug(), 1);
        best = relative(key, topic.title().toLowerCase(Locale.ROOT), best);
        for (var alias : topic.aliases()) {
            best = relative(key, alias.toLowerCase(Locale.ROOT), best);
        }
        return best;
    }

    /** Edits for each letter of the longer text if that is less than {@code best}, else {@code best}. */
    private static double relative(String a, String b, double best) {
        int longer = Math.max(1, Math.max(a.length(), b.length()));
        return Math.min(best, EditDistance.atMostWithSwaps(a, b, (int) Math.ceil(best * longer)) / (double) longer);
    }
}
