#include "src/jobs/engine_order.h"

#include "src/base/memory.h"

#include <stdlib.h>
#include <string.h>

static order *make(order_kind kind)
{
    order *o = mem_zero(1, sizeof *o);
    o->kind = kind;
    return o;
}

static check_request copy_check(const check_request *of)
{
    check_request copy = *of;
    copy.kind = mem_copy_text(of->kind);
    copy.settings = check_settings_copy(&of->settings);
    check_feature *feature = mem_alloc(((size_t)of->features + 1) * sizeof *feature);
    if (of->features)
        memcpy(feature, of->feature, of->features * sizeof *feature);
    copy.feature = feature;
    return copy;
}

order *order_fit(const fit_request *request)
{
    order *o = make(ORDER_FIT);
    o->request = *request;
    o->request.pair = mem_alloc((request->pair_count + 1) * sizeof *o->request.pair);
    for (uint32_t p = 0; p < request->pair_count; p++)
        o->request.pair[p] = request->pair[p];
    return o;
}

order *order_variable(const variable_request *request, const check_request *then)
{
    order *o = make(ORDER_VARIABLE);
    int64_t *ids = mem_alloc((request->layer_count + 1) * sizeof *ids);
    memcpy(ids, request->layer, request->layer_count * sizeof *ids);
    o->variable = *request;
    o->variable.target = mem_copy_text(request->target);
    o->variable.layer = ids;
    if (then)
        o->check = copy_check(then);
    return o;
}

order *order_check(const check_request *request)
{
    order *o = make(ORDER_CHECK);
    o->check = copy_check(request);
    return o;
}

order *order_resume(task about)
{
    order *o = make(ORDER_RESUME);
    o->about = about;
    return o;
}

order *order_check_then(order *made, int64_t fit_id)
{
    if (made->kind != ORDER_VARIABLE || !made->check.kind)
        return NULL;
    order *o = make(ORDER_CHECK);
    o->check = made->check;
    o->check.fit_id = fit_id;
    made->check = (check_request){0};
    return o;
}

void order_free(order *o)
{
    if (!o)
        return;
    fit_request_release(&o->request);
    free((void *)(uintptr_t)o->variable.target);
    free((void *)(uintptr_t)o->variable.layer);
    check_settings_release(&o->check.settings);
    free((char *)(uintptr_t)o->check.kind);
    free((check_feature *)(uintptr_t)o->check.feature);
    free(o);
}
