package lyceum.studio.web.view;

import java.util.List;

/** A stretch of text that a search hit, or did not. */
public record Piece(String text, boolean hit) {

    /** Text in which nothing was hit. */
    public static List<Piece> plain(String text) { return List.of(new Piece(text, false)); }
}
