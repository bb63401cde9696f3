package lyceum.studio.web;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import lyceum.labs.search.Span;
import lyceum.labs.search.TopicSearch;
import lyceum.studio.web.view.Piece;

/** The catalogue's search, its hits cut into the pieces that a page marks. Its index is built at the first question. */
final class TopicFinder implements Finder {

    private final Supplier<TopicSearch> source;
    private volatile TopicSearch search;

    TopicFinder(Supplier<TopicSearch> source) { this.source = source; }

    private TopicSearch search() {
        if (search == null) {
            synchronized (this) {
                if (search == null) {
                    search = source.get();
                }
            }
        }
        return search;
    }

    @Override public List<Found> find(String query) {
        return search().search(query).stream()
                .map(hit -> new Found(hit.topic(), cut(hit.topic().title(), hit.title()), cut(hit.topic().summary(), hit.summary())))
                .toList();
    }

    @Override public Optional<String> wordsAlone(String query) { return search().wordsAlone(query); }

    static List<Piece> cut(String text, List<Span> hits) {
        var pieces = new ArrayList<Piece>();
        int done = 0;
        for (var hit : hits) {
            if (hit.start() > done) {
                pieces.add(new Piece(text.substring(done, hit.start()), false));
            }
            pieces.add(new Piece(text.substring(hit.start(), hit.end()), true));
            done = hit.end();
        }
        if (done < text.length()) {
            pieces.add(new Piece(text.substring(done), false));
        }
        return pieces;
    }
}
