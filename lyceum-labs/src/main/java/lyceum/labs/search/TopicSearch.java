package lyceum.labs.search;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import lyceum.labs.catalogue.Article;
import lyceum.labs.catalogue.Catalogue;
import lyceum.labs.catalogue.Topic;

/**
 * Finds topics by words. Immutable, safe between threads.
 *
 * <p>Title, aliases, area, summary and article are searched (BM25F); a word of the article counts for less than one of the others.
 * The last word of a query counts as half typed. A word of four letters or more may have one typing error, of eight two; a swap of
 * neighbours is one. A query that is a topic's name, abbreviation or alias, or nearly so, finds that topic first. Where three topics
 * or more are named by all words of the query, only they are returned; of a sentence, a part of its telling words is enough.
 *
 * <p>A sentence describes what it does not name. All that is said of a topic then counts, in other articles too, by the stems of its words
 * ({@link StemIndex}), and how well the topic's neighbours fit ({@link Neighbours}).
 *
 * <p>With a {@link MeaningIndex} what a query means counts beside its words, wherever they name no topic:
 * {@code words / best + 0.5 max(0, z)}, {@code z} the similarity less its mean over all topics, over its deviation.
 */
public final class TopicSearch {

    /** A share of the words that is all of them, but for rounding. */
    private static final double ALL = 0.999;
    /** So many topics are answer enough. */
    private static final int FEW = 3;
    /** What a word is worth that stands in the article alone, and how much of the query it then answers: tuned on the committed questions. */
    private static final double ARTICLE = 0.6;
    private static final double ARTICLE_SHARE = 0.3;

    /** What the stems of a sentence are worth beside its words, tuned on the committed questions, and the part of the best score that is too little. */
    private static final double STEMS = 2.5;
    private static final double POOR = 0.2;

    /** What a deviation of meaning is worth beside the best score of words, tuned on the committed questions, and the deviations that find a topic by themselves. */
    private static final double MEANING = 0.5;
    private static final double TELLING = 1.5;
    /** The similarity that every tuned question has to some topic, and that which nonsense without a known word rarely has to any. */
    private static final double LEAST = 0.3;
    private static final double LEAST_WITHOUT_WORDS = 0.36;

    private final Catalogue catalogue;
    private final List<Topic> topics;
    private final TermIndex terms;
    private final KeyIndex keys = new KeyIndex();
    private final StemIndex stems;
    private final Neighbours neighbours;
    /** What much else needs is what a short query more likely means. */
    private final double[] prior;
    private final Map<String, Integer> places = new HashMap<>();
    private final List<List<Words.Word>> titles;
    private final List<List<Words.Word>> summaries;
    private final MeaningIndex meanings;

    private TopicSearch(Catalogue catalogue, Function<String, Optional<Article>> articles, MeaningIndex meanings) {
        this.catalogue = catalogue;
        this.topics = catalogue.topics();
        this.meanings = meanings;
        this.terms = new TermIndex(topics.size());
        this.prior = new double[topics.size()];
        this.titles = topics.stream().map(t -> Words.of(t.title())).toList();
        this.summaries = topics.stream().map(t -> Words.of(t.summary())).toList();
        this.neighbours = new Neighbours(topics);
        var mentions = new HashMap<String, String>();
        var neededBy = new HashMap<String, Integer>();
        var known = new HashMap<String, String>();
        UnaryOperator<String> stem = word -> known.computeIfAbsent(word, Stemmer::stem);
        var prose = new ArrayList<List<String>>();
        for (int d = 0; d < topics.size(); d++) {
            var article = articles.apply(topics.get(d).slug());
            var words = Words.of(article.map(Article::prose).orElse(""));
            prose.add(stems(words, stem));
            article.ifPresent(a -> a.mentions().forEach((slug, said) -> mentions.merge(slug, said, (x, y) -> x + " " + y)));
            add(d, topics.get(d), words);
            topics.get(d).needs().forEach(need -> neededBy.merge(need, 1, Integer::sum));
        }
        for (int d = 0; d < topics.size(); d++) {
            prior[d] = 1 + 0.04 * Math.log1p(neededBy.getOrDefault(topics.get(d).slug(), 0));
        }
        terms.freeze(stem);
        keys.freeze();
        this.stems = new StemIndex(topics.size(), d -> said(topics.get(d), prose.get(d), mentions, stem));
    }

    /** A search over a catalogue and its articles. */
    public static TopicSearch of(Catalogue catalogue, Function<String, Optional<Article>> articles) {
        return new TopicSearch(catalogue, articles, MeaningIndex.NONE);
    }

    /** A search that also asks what a query means. */
    public static TopicSearch of(Catalogue catalogue, Function<String, Optional<Article>> articles, MeaningIndex meanings) {
        return new TopicSearch(catalogue, articles, meanings);
    }

    private void add(int d, Topic topic, List<Words.Word> prose) {
        places.put(topic.slug(), d);
        keys.add(d, topic);
        terms.add(d, TermIndex.Field.TITLE, topic.title());
        terms.add(d, TermIndex.Field.TITLE, topic.slug());
        topic.aliases().forEach(alias -> terms.add(d, TermIndex.Field.ALIAS, alias));
        terms.add(d, TermIndex.Field.AREA, topic.area());
        terms.add(d, TermIndex.Field.SUMMARY, topic.summary());
        terms.addArticle(d, prose);
    }

    private static Map<StemIndex.Field, List<String>> said(Topic topic, List<String> prose, Map<String, String> mentions,
            UnaryOperator<String> stem) {
        Function<String, List<String>> stems = text -> stems(Words.of(text), stem);
        return Map.of(StemIndex.Field.TITLE, stems.apply(topic.title() + " " + topic.slug()), StemIndex.Field.ALIAS,
                stems.apply(String.join(" ", topic.aliases())), StemIndex.Field.AREA, stems.apply(topic.area()), StemIndex.Field.SUMMARY,
                stems.apply(topic.summary()), StemIndex.Field.ARTICLE, prose, StemIndex.Field.MENTION,
                stems.apply(mentions.getOrDefault(topic.slug(), "")));
    }

    private static List<String> stems(List<Words.Word> words, UnaryOperator<String> stem) {
        return words.stream().map(w -> stem.apply(w.text())).toList();
    }

    /** The topics for a query, best first; an empty query finds nothing. */
    public List<Hit> search(String query) { return search(query, Integer.MAX_VALUE); }

    /** As {@link #search(String)}, at most {@code limit}. */
    public List<Hit> search(String query, int limit) {
        var asked = Query.of(query, terms);
        if (asked.isEmpty()) return List.of();
        var names = names(query, asked);
        var found = found(asked);
        var scores = asked.isSentence() ? described(asked, names, found) : named(names, found);
        return ranked(asked, isNamed(names, found) ? scores : meant(query, scores), limit);
    }

    /** Why a query that names no topic is answered by its words alone, as the second half of a sentence; empty where nothing is left out. */
    public Optional<String> wordsAlone(String query) {
        var asked = Query.of(query, terms);
        return asked.isEmpty() || isNamed(names(query, asked), found(asked)) ? Optional.empty() : meanings.silent();
    }

    private double[] names(String query, Query asked) {
        var names = new double[topics.size()];
        keys.score(asked.joined(), names);
        catalogue.find(query.strip().toLowerCase(Locale.ROOT).replace(' ', '-')).ifPresent(t -> names[place(t)] += 5);
        return names;
    }

    private Found found(Query asked) {
        var found = new Found(topics.size());
        asked.groups().forEach(group -> found.add(group, asked.total(), terms));
        return found;
    }

    /** Whether the query is some topic's name, or nearly so, or all its words stand in what names one. */
    private static boolean isNamed(double[] names, Found found) {
        return Arrays.stream(names).anyMatch(n -> n > 0) || Arrays.stream(found.named()).anyMatch(s -> s > ALL);
    }

    /** The scores of words, of which the best is 1, with those of meaning. */
    private double[] meant(String query, double[] words) {
        var near = meanings.nearest(query, topics.size());
        double best = Arrays.stream(words).max().orElse(0), least = best > 0 ? LEAST : LEAST_WITHOUT_WORDS;
        if (near.values().stream().noneMatch(similarity -> similarity >= least)) return words;
        var similar = topics.stream().mapToDouble(t -> near.getOrDefault(t.slug(), 0.0)).toArray();
        double mean = Arrays.stream(similar).average().orElse(0);
        double deviation = Math.sqrt(Arrays.stream(similar).map(s -> (s - mean) * (s - mean)).average().orElse(0));
        var scores = new double[words.length];
        for (int d = 0; d < words.length; d++) {
            scores[d] = best > 0 ? words[d] / best : 0;
            double z = deviation > 0 ? (similar[d] - mean) / deviation : 0;
            if (scores[d] > 0 || z >= TELLING) scores[d] += MEANING * Math.max(0, z);
        }
        return scores;
    }

    private int place(Topic topic) { return places.get(topic.slug()); }

    /**
     * What the words of a query found, by topic.
     *
     * @param words what they are worth
     * @param share their part of the whole query
     * @param named as {@code share}, of what names the topic alone: an article holds so many words that having all of them says little
     */
    private record Found(double[] words, double[] share, double[] named) {

        Found(int topics) { this(new double[topics], new double[topics], new double[topics]); }

        void add(Query.Group group, double total, TermIndex terms) {
            var byName = new double[words.length];
            var byArticle = new double[words.length];
            terms.score(group.matches(), byName, byArticle);
            double part = group.weight() / total;
            for (int d = 0; d < words.length; d++) {
                words[d] += byName[d] + ARTICLE * byArticle[d];
                named[d] += byName[d] > 0 ? part : 0;
                share[d] += byName[d] > 0 ? part : byArticle[d] > 0 ? ARTICLE_SHARE * part : 0;
            }
        }
    }

    private List<Hit> ranked(Query asked, double[] scores, int limit) {
        return IntStream.range(0, scores.length).filter(d -> scores[d] > 0).boxed()
                .sorted(Comparator.comparingDouble((Integer d) -> -scores[d]).thenComparing(d -> d)).limit(limit)
                .map(d -> new Hit(topics.get(d), scores[d], spans(asked, titles.get(d)), spans(asked, summaries.get(d)))).toList();
    }

    /** The topics' scores for a few words that name one. */
    private double[] named(double[] names, Found found) {
        boolean all = Arrays.stream(found.named()).filter(s -> s > ALL).count() >= FEW;
        var scores = new double[topics.size()];
        for (int d = 0; d < scores.length; d++) {
            boolean wanted = names[d] > 0 || (all ? found.named()[d] > ALL : found.share()[d] > 0);
            scores[d] = wanted ? worth(d, names, found) : 0;
        }
        return scores;
    }

    /** The topics' scores for a sentence that describes one. */
    private double[] described(Query asked, double[] names, Found found) {
        var scores = stems.score(asked.words());
        for (int d = 0; d < scores.length; d++) {
            scores[d] = worth(d, names, found) + STEMS * scores[d];
        }
        var spread = neighbours.spread(scores);
        double enough = POOR * Arrays.stream(spread).max().orElse(0);
        return Arrays.stream(spread).map(s -> s > enough ? s : 0).toArray();
    }

    private double worth(int d, double[] names, Found found) {
        double share = found.share()[d];
        return (names[d] + found.words()[d] * share * share) * prior[d];
    }

    /** What a query hit in a text: words, beginnings of words, and neighbours that it wrote as one. */
    private static List<Span> spans(Query asked, List<Words.Word> text) {
        var spans = new ArrayList<Span>();
        Words.Word before = null;
        for (var word : text) {
            var letters = asked.hits().get(word.text());
            if (letters != null) {
                boolean whole = letters >= word.text().length();
                spans.add(new Span(word.start(), whole ? word.end() : Math.min(word.end(), word.start() + letters)));
            } else if (before != null && before.end() + 1 == word.start() && (spans.isEmpty() || spans.getLast().end() <= before.start())
                    && asked.hits().containsKey(before.text() + word.text())) { spans.add(new Span(before.start(), word.end())); }
            before = word;
        }
        return List.copyOf(spans);
    }
}
