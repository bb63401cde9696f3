package lyceum.studio.web.view;

import java.util.List;

/** A topic in a list; title and summary are cut where the search hit them. */
public record TopicRow(int number, String slug, String title, List<Piece> titlePieces, List<Piece> summaryPieces, String area, String kind,
        String level, String module, String status, String summary) {}
