package lyceum.studio.web.view;

import java.util.function.UnaryOperator;

/**
 * What the frame around a page needs.
 *
 * @param title       title of the document, without the site's name
 * @param description one sentence for a link preview
 * @param nav         entry of the navigation that is current, or an empty string
 * @param theme       {@code light}, {@code dark}, or an empty string where the system decides
 * @param site        facts of the installation
 * @param asset       from the name of a static file to its address
 * @param query       what the search field of the head shows; null where the page has a search field of its own
 * @param topic       whether the page shows a topic or parts of one
 * @param math        whether the page holds formulas
 * @param figures     whether the page holds figures
 */
public record Page(String title, String description, String nav, String theme, Site site, UnaryOperator<String> asset, String query,
        boolean topic, boolean math, boolean figures) {

    /** Address of a static file. */
    public String url(String name) { return asset.apply(name); }
}
