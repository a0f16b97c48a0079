/* Pinned paths: kept by names, over layers whose names hold slashes, through another import. */
#include "db/feature.h"
#include "db/note.h"
#include "db/path_note.h"
#include "tests/unit/db_fixture.h"

TestSuite(db_path_note, .init = enter_folder, .fini = leave_folder);

Test(db_path_note, pinned_listed_taken_away)
{
    db *d = new_study();
    layer a = add_layer(d, "blocks.0/odd", 0, false, 16, 10, 0);
    layer b = add_layer(d, "blocks.0", 1, false, 4, 10, 0);
    layer c = add_layer(d, "last", 2, false, 4, 10, 0);
    const path_place one[] = {{a.id, 15}, {b.id, 3}, {c.id, 0}}, two[] = {{a.id, 0}, {c.id, 3}};
    OK(path_pin(d, one, 3, true, &err));
    OK(path_pin(d, two, 2, true, &err));
    OK(path_pin(d, one, 3, true, &err)); /* again: nothing more */
    layer_set layers;
    pinned_paths pins;
    OK(layer_list(d, &layers, &err));
    OK(path_pins(d, &layers, &pins, &err));
    cr_assert(pins.count == 2 && pins.strange == 0);
    cr_assert(pins.item[0].count == 3 && pins.item[1].count == 2);
    for (int i = 0; i < 3; i++)
        cr_assert(pins.item[0].place[i].layer_id == one[i].layer_id &&
                  pins.item[0].place[i].feature == one[i].feature);
    pinned_paths_release(&pins);
    OK(path_pin(d, one, 3, false, &err));
    OK(path_pins(d, &layers, &pins, &err));
    cr_assert(pins.count == 1 && pins.item[0].place[1].feature == 3);
    pinned_paths_release(&pins);

    const path_place wrong[] = {{a.id, 16}, {c.id, 0}};
    cr_assert(path_pin(d, wrong, 2, true, &err) == STATUS_INPUT);
    cr_assert(path_pin(d, one, 1, true, &err) == STATUS_INPUT);

    /* without its layer a pin waits, and is said to */
    layers.count = 2;
    OK(path_pins(d, &layers, &pins, &err));
    cr_assert(pins.count == 0 && pins.strange == 1);
    pinned_paths_release(&pins);
    layers.count = 3;
    layer_set_release(&layers);
    note_set notes;
    OK(note_list(d, &notes, &err));
    cr_assert(notes.count == 0, "a pinned path is no note on a feature");
    note_set_release(&notes);
    db_close(d);
}
