package lyceum.studio.web;

import gg.jte.ContentType;
import gg.jte.TemplateEngine;
import gg.jte.output.StringOutput;
import io.javalin.http.Context;
import java.util.HashMap;
import java.util.Map;
import java.util.function.UnaryOperator;
import lyceum.studio.web.view.Page;
import lyceum.studio.web.view.Site;

/** Fills the templates, which were compiled with the classes. */
final class Pages {

    private final TemplateEngine engine = TemplateEngine.createPrecompiled(null, ContentType.Html, Pages.class.getClassLoader(),
            "lyceum.studio.web.pages");
    private final UnaryOperator<String> assets;
    private final Site site;

    /** With the address of each static file. */
    Pages(UnaryOperator<String> assets, Site site) {
        this.assets = assets;
        this.site = site;
    }

    /** A page as the browser wants it: its colours are in a cookie. */
    Head head(Context context, String title, String description) {
        var cookie = context.cookie("theme");
        var theme = "dark".equals(cookie) || "light".equals(cookie) ? cookie : "";
        return new Head(title, description, "", theme, "", false, false, false);
    }

    /** A page in the colours of the reader's system. */
    static Head head(String title, String description) { return new Head(title, description, "", "", "", false, false, false); }

    /** What a page says about itself. */
    record Head(String title, String description, String nav, String theme, String query, boolean topic, boolean math, boolean figures) {

        Head under(String section) { return new Head(title, description, section, theme, query, topic, math, figures); }

        /** With a search field of its own. */
        Head searching() { return new Head(title, description, nav, theme, null, topic, math, figures); }

        /** With the styles of a topic. */
        Head styled() { return new Head(title, description, nav, theme, query, true, math, figures); }

        Head with(boolean formulas, boolean pictures) { return new Head(title, description, nav, theme, query, topic, formulas, pictures); }
    }

    void send(Context context, String template, Head head, Map<String, ?> values) { Reply.html(context, page(template, head, values)); }

    /** A whole page. */
    String page(String template, Head head, Map<String, ?> values) {
        var all = new HashMap<String, Object>(values);
        all.put("page", new Page(head.title(), head.description(), head.nav(), head.theme(), site, assets, head.query(), head.topic(),
                head.math(), head.figures()));
        return fragment(template, all);
    }

    /** Release of the library. */
    String version() { return site.version(); }

    /** A template's text. */
    String fragment(String template, Map<String, Object> values) {
        var out = new StringOutput(16_384);
        engine.render(template + ".jte", values, out);
        return out.toString();
    }
}
