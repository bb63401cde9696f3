/** What the pages show, as plain records: a template reads these and nothing else. Start from {@link lyceum.studio.web.view.Page}. */
package lyceum.studio.web.view;
