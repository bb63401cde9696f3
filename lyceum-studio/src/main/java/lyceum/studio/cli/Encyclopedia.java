package lyceum.studio.cli;

import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import lyceum.labs.catalogue.Article;
import lyceum.labs.catalogue.Catalogue;
import lyceum.labs.catalogue.Status;
import lyceum.labs.catalogue.StatusBoard;
import lyceum.labs.catalogue.Topic;
import lyceum.labs.catalogue.TopicStatus;
import lyceum.labs.search.Hit;
import lyceum.labs.search.TopicMeanings;
import lyceum.labs.search.TopicSearch;

/** What the commands look things up in. Each part is read when it is first asked for: most commands need one of them. */
final class Encyclopedia {

    private final Supplier<Catalogue> catalogueSource;
    private final Function<Catalogue, StatusBoard> boardSource;
    private final Function<String, Optional<Article>> articles;
    private Catalogue catalogue;
    private StatusBoard board;
    private TopicSearch search;

    Encyclopedia(Supplier<Catalogue> catalogue, Function<Catalogue, StatusBoard> board, Function<String, Optional<Article>> articles) {
        this.catalogueSource = catalogue;
        this.boardSource = board;
        this.articles = articles;
    }

    /** The one that Lyceum ships. */
    static Encyclopedia shipped() { return new Encyclopedia(Catalogue::load, c -> StatusBoard.load(), Article::find); }

    Catalogue catalogue() {
        if (catalogue == null) {
            catalogue = catalogueSource.get();
        }
        return catalogue;
    }

    private StatusBoard board() {
        if (board == null) {
            board = boardSource.apply(catalogue());
        }
        return board;
    }

    Status status(Topic topic) { return board().of(topic.slug()).status(); }

    /** How far a topic has come, clause by clause. */
    TopicStatus state(Topic topic) { return board().of(topic.slug()); }

    Optional<Article> article(Topic topic) { return articles.apply(topic.slug()); }

    /** Topics for a query, best first. */
    List<Topic> search(String query) { return searcher(query).search(query).stream().map(Hit::topic).toList(); }

    /** Why a query is answered by its words alone, as the second half of a sentence; empty where nothing is left out. */
    Optional<String> wordsAlone(String query) { return searcher(query).wordsAlone(query); }

    /** The encoder is read, and waited for, only where a query names no topic. */
    private TopicSearch searcher(String query) {
        if (search == null) {
            var meanings = TopicMeanings.of(catalogue(), articles);
            search = TopicSearch.of(catalogue(), articles, meanings);
            if (search.wordsAlone(query).isPresent()) meanings.load();
        }
        return search;
    }
}
