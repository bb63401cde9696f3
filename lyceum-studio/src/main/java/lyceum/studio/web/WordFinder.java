package lyceum.studio.web;

import java.util.List;
import java.util.Locale;
import lyceum.labs.catalogue.Catalogue;
import lyceum.studio.web.view.Piece;

/** Placeholder until the catalogue's search lands. */
final class WordFinder implements Finder {

    private final Catalogue catalogue;

    WordFinder(Catalogue catalogue) {
        this.catalogue = catalogue;
    }

    @Override
    public List<Found> find(String query) {
        var q = query.toLowerCase(Locale.ROOT);
        return catalogue.topics().stream().filter(t -> (t.title() + " " + t.summary() + " " + t.aliases()).toLowerCase(Locale.ROOT).contains(q))
            .map(t -> new Found(t, cut(t.title(), q), cut(t.summary(), q))).toList();
    }

    private static List<Piece> cut(String text, String q) {
        int at = text.toLowerCase(Locale.ROOT).indexOf(q);
        return at < 0 ? Piece.plain(text) : List.of(new Piece(text.substring(0, at), false), new Piece(text.substring(at, at + q.length()), true), new Piece(text.substring(at + q.length()), false));
    }
}
