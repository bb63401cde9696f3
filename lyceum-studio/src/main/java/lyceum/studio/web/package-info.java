/**
 * The studio in the browser: pages of the catalogue, search, and labs that run beside their articles.
 *
 * <p>Start from {@link lyceum.studio.web.Studio#start}. A request passes {@code Safety}, reaches a page ({@code HomePage},
 * {@code TopicsPage}, {@code TopicPage}, ...), which fills a record of {@code lyceum.studio.web.view}, which a template of
 * {@code src/main/jte} shows. {@code Runs} keeps what labs emit so that a browser can come back to it. No file is read because a
 * request names it: what can be sent is listed when the server starts.
 */
package lyceum.studio.web;
